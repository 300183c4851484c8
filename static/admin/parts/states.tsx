/** What stands in the place of figures and rows while there are none. */
import { Icon, type IconShape } from "../../controls/icon.tsx";
import { Notice } from "../../controls/notice.tsx";
import { useWords } from "../../i18n/words.ts";
import { adminProblem, useAdminWords } from "../words/admin_words.ts";

/** Nothing is there yet, for a reason. */
export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  const words = useAdminWords();
  return (
    <Notice kind="bad" action={{ label: words.m.tryAgain, run: retry }}>
      {words.a.failed(adminProblem(words, error))}
    </Notice>
  );
}

/** What is there could not be asked for anew. */
export function Stale({ error, retry }: { error: unknown; retry: () => void }) {
  const words = useAdminWords();
  return (
    <Notice kind="warn" action={{ label: words.m.tryAgain, run: retry }}>
      {words.a.stale(adminProblem(words, error))}
    </Notice>
  );
}

export function Waiting({ rows = 3 }: { rows?: number }) {
  const { m } = useWords();
  return (
    <div class="rows card waiting" role="status" aria-label={m.loading}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class="row">
          <span class="blank tile" />
          <span class="blank text" />
        </div>
      ))}
    </div>
  );
}

export interface EmptyProps {
  icon: IconShape;
  title: string;
  text: string;
  action?: { label: string; run: () => void } | undefined;
}

export function Empty({ icon, title, text, action }: EmptyProps) {
  return (
    <div class="placard">
      <span class="emblem" aria-hidden="true">
        <Icon name={icon} />
      </span>
      <p class="title">{title}</p>
      <p class="soft small">{text}</p>
      {action && <button type="button" class="button slim" onClick={action.run}>{action.label}</button>}
    </div>
  );
}
