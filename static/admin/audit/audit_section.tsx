/** The audit: who did what, searched by anything that an entry has, and checked. */
import { useState } from "hono/jsx/dom";
import { Icon } from "../../controls/icon.tsx";
import { useStore } from "../../state/store.ts";
import { Foot } from "../parts/foot.tsx";
import { Section } from "../parts/section.tsx";
import { Empty, Failure, Waiting } from "../parts/states.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { usePaged } from "../state/paged.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { AuditFilters } from "./audit_filters.tsx";
import { AUDIT_FILTERS, auditQuery } from "./audit_query.ts";
import { EntryRow } from "./entry_row.tsx";
import { VerifyDialog } from "./verify_dialog.tsx";

export function AuditSection() {
  const { audit, router } = useAdmin();
  const { a } = useAdminWords();
  const query = useStore(router.store, ({ query }) => query);
  const asked = auditQuery(query);
  const state = usePaged(audit, asked);
  const [verifying, setVerifying] = useState(false);
  const { items, status, error, cursor } = state;
  const filtered = Object.keys(asked).length > 0;
  const clear = () => router.filter(Object.fromEntries(AUDIT_FILTERS.map((name) => [name, ""])));
  return (
    <Section
      title={a.sections.audit}
      about={a.audit.about}
      tools={
        <button type="button" class="button slim" onClick={() => setVerifying(true)}>
          <Icon name="shield" />
          {a.audit.verify}
        </button>
      }
    >
      <AuditFilters query={query} change={router.filter} clear={filtered ? clear : null} />
      {status === "loading" && <Waiting rows={8} />}
      {status === "failed" && <Failure error={error} retry={audit.now} />}
      {status !== "loading" && status !== "failed" && items.length === 0 && cursor === null && (
        <Empty
          icon={filtered ? "search" : "shield"}
          title={filtered ? a.audit.noneFound : a.audit.none}
          text={filtered ? a.audit.noneFoundText : a.audit.noneText}
          action={filtered ? { label: a.audit.clear, run: clear } : undefined}
        />
      )}
      {items.length > 0 && (
        <ul class="rows card entries" aria-label={a.sections.audit}>
          {items.map((entry) => <EntryRow key={entry.id} entry={entry} />)}
        </ul>
      )}
      {(items.length > 0 || cursor !== null) && status !== "loading" && (
        <Foot
          state={state}
          count={a.lists.counts.entries(items.length, cursor !== null)}
          more={() => void audit.more()}
        />
      )}
      {verifying && <VerifyDialog onClose={() => setVerifying(false)} />}
    </Section>
  );
}
