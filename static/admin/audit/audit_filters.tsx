/** What the audit is searched by. On narrow windows the fields come out at the press of a button. */
import { useId, useState } from "hono/jsx/dom";
import { Icon } from "../../controls/icon.tsx";
import { Select } from "../../controls/select.tsx";
import { FILTER } from "../parts/admin_icons.ts";
import { TextFilter } from "../parts/text_filter.tsx";
import { useAdminWords } from "../words/admin_words.ts";
import { auditQuery, localField, momentOf } from "./audit_query.ts";

export interface AuditFiltersProps {
  query: Readonly<Record<string, string>>;
  change: (query: Record<string, string>) => void;
  /** Null when there is none. */
  clear: (() => void) | null;
}

export function AuditFilters({ query, change, clear }: AuditFiltersProps) {
  const { a } = useAdminWords();
  const [open, setOpen] = useState(false);
  const id = useId();
  const count = Object.keys(auditQuery(query)).length;
  const options = (all: string, names: Record<string, string>): [string, string][] => [
    ["", all],
    ...Object.entries(names),
  ];
  return (
    <div class={open ? "filters open" : "filters"}>
      <div class="line">
        <button
          type="button"
          class="button slim unfold"
          aria-expanded={String(open)}
          aria-controls={id}
          onClick={() => setOpen(!open)}
        >
          <Icon name={FILTER} />
          {a.audit.filters}
          {count > 0 && <span class="badge">{count}</span>}
        </button>
        {clear && <button type="button" class="button quiet slim" onClick={clear}>{a.audit.clear}</button>}
      </div>
      <div id={id} class="fields" role="group" aria-label={a.audit.filters}>
        <TextFilter
          label={a.audit.actor}
          placeholder={a.audit.actorHint}
          value={query.actor ?? ""}
          onChange={(actor) => change({ actor })}
        />
        <Choice
          label={a.audit.action}
          value={query.action ?? ""}
          options={options(a.audit.allActions, a.audit.actions)}
          onChange={(action) => change({ action })}
        />
        <Choice
          label={a.audit.outcome}
          value={query.outcome ?? ""}
          options={Object.entries(a.audit.outcomes)}
          onChange={(outcome) => change({ outcome })}
        />
        <TextFilter
          label={a.audit.address}
          placeholder={a.audit.addressHint}
          value={query.address ?? ""}
          onChange={(address) => change({ address })}
        />
        <Choice
          label={a.audit.target}
          value={query.targetKind ?? ""}
          options={options(a.audit.allTargets, a.audit.targets)}
          onChange={(targetKind) => change({ targetKind, ...(targetKind === "" ? { targetId: "" } : {}) })}
        />
        <TextFilter
          label={a.audit.targetId}
          value={query.targetId ?? ""}
          onChange={(targetId) => change({ targetId })}
        />
        <TextFilter
          type="datetime-local"
          label={a.audit.from}
          value={localField(query.from)}
          onChange={(from) => change({ from: momentOf(from) })}
        />
        <TextFilter
          type="datetime-local"
          label={a.audit.until}
          value={localField(query.until)}
          onChange={(until) => change({ until: momentOf(until) })}
        />
      </div>
    </div>
  );
}

type ChoiceProps = Parameters<typeof Select>[0];

function Choice(props: ChoiceProps) {
  return (
    <div class="filter">
      <span aria-hidden="true">{props.label}</span>
      <Select {...props} />
    </div>
  );
}
