/** One entry of the audit; all of it at the press of a button. */
import { memo, useId, useState } from "hono/jsx/dom";
import { Icon, type IconShape } from "../../controls/icon.tsx";
import type { AuditEntry } from "../api.ts";
import { CLOCK } from "../parts/admin_icons.ts";
import { When } from "../parts/when.tsx";
import { formatRoute } from "../state/route.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { actionName, actorName, detailText, subjectOf, targetName } from "./entry_text.ts";

const ICONS: Record<string, IconShape> = {
  upload: "upload",
  attachment: "file",
  token: "link",
  session: "person",
  job: CLOCK,
  route: "globe",
};

/** An entry never changes. */
export const EntryRow = memo(Row);

function Row({ entry }: { entry: AuditEntry }) {
  const words = useAdminWords();
  const { a, times } = words;
  const { at, actor, action, target, result, count } = entry;
  const [open, setOpen] = useState(false);
  const id = useId();
  const name = actionName(words, action);
  const subject = subjectOf(words, entry);
  return (
    <li class={result === "done" ? "row entry" : "row entry refused"} data-id={entry.id}>
      <span class="mark" aria-hidden="true">
        <Icon name={result === "done" ? ICONS[target.kind] ?? "gauge" : "alert"} />
      </span>
      <div class="middle">
        <p class="line">
          <strong>{name}</strong>
          <span class="clip soft" title={subject}>{subject}</span>
        </p>
        <p class="meta soft small figures">
          <When iso={at} />
          <span class="clip">{actorName(words, actor)}</span>
          {actor.address !== null && <span class="address">{actor.address}</span>}
          {count > 1 && <span>{a.audit.times(times.count(count))}</span>}
        </p>
      </div>
      {result !== "done" && <span class="badge bad">{result}</span>}
      <button
        type="button"
        class="button quiet slim icon-only turn"
        aria-expanded={String(open)}
        aria-controls={id}
        aria-label={a.audit.details(name)}
        title={a.audit.details(name)}
        onClick={() => setOpen(!open)}
      >
        <Icon name="down" />
      </button>
      <div id={id} class="all" hidden={!open}>{open && <Everything entry={entry} />}</div>
    </li>
  );
}

function Everything({ entry }: { entry: AuditEntry }) {
  const words = useAdminWords();
  const { a, format, times } = words;
  const { id, at, actor, action, target, result, count, detail } = entry;
  const who = actor.id === null ? actorName(words, actor) : `${actor.id} (${a.audit.roles[actor.role]})`;
  const facts: [string, string][] = [
    [a.audit.action, `${actionName(words, action)} (${action})`],
    [a.audit.outcome, result === "done" ? a.audit.done : a.audit.refused(result)],
    [a.audit.actor, who],
    ...pair(a.audit.address, actor.address),
    [a.audit.target, `${targetName(words, target.kind)} ${target.id}`],
    [a.audit.at, format.full(at)],
    ...pair(a.audit.request, actor.requestId),
    ...(count > 1 ? pair(a.audit.counted, a.audit.times(times.count(count))) : []),
    ...Object.entries(detail).map(([name, value]) =>
      [name, detailText(words, name, value)] as [string, string]
    ),
    [a.audit.entry, id],
  ];
  const of = (query: Record<string, string>) => formatRoute({ section: "audit", query });
  return (
    <div>
      <dl class="facts small figures">
        {facts.map(([name, value], index) => (
          <div key={index}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="links small">
        <a href={of({ targetKind: target.kind, targetId: target.id })}>{a.audit.onlyTarget}</a>
        {actor.id !== null && <a href={of({ actor: actor.id })}>{a.audit.onlyActor(actor.id)}</a>}
        {actor.address !== null && (
          <a href={of({ address: actor.address })}>{a.audit.onlyAddress(actor.address)}</a>
        )}
      </p>
    </div>
  );
}

const pair = (name: string, value: string | null): [string, string][] =>
  value === null ? [] : [[name, value]];
