/** Links by which people without an account download files, of all owners. */
import { useCallback, useState } from "hono/jsx/dom";
import { useStore } from "../../state/store.ts";
import type { AdminToken } from "../api.ts";
import { PagedList } from "../parts/paged_list.tsx";
import { Section } from "../parts/section.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { TextFilter } from "../parts/text_filter.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { usePaged } from "../state/paged.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { LinkRow } from "./link_row.tsx";
import { RevokeLink } from "./revoke_link.tsx";

const STATES = ["active", "ended"] as const;

export function LinksSection() {
  const { links, router } = useAdmin();
  const { a } = useAdminWords();
  const owner = useStore(router.store, ({ query }) => query.owner ?? "");
  const shown = useStore(router.store, ({ query }) => query.status === "ended" ? "ended" : "active");
  const state = usePaged(links, { status: shown, ...(owner === "" ? {} : { owner }) });
  const [ending, setEnding] = useState<AdminToken | null>(null);
  const revoke = useCallback((link: AdminToken) => setEnding(link), []);
  const { links: m } = a.lists;
  return (
    <Section title={a.sections.links} about={m.about}>
      <div class="toolbar">
        <Tabs
          label={m.views}
          tabs={STATES.map((state) => [state, m.states[state]])}
          value={shown}
          onChange={(status) => router.filter({ status: status === "active" ? "" : status })}
        />
        <TextFilter
          icon="person"
          label={a.lists.owner}
          placeholder={a.lists.owner}
          value={owner}
          onChange={(owner) => router.filter({ owner })}
        />
      </div>
      <PagedList
        label={a.sections.links}
        list={links}
        state={state}
        row={(link) => <LinkRow key={link.id} link={link} revoke={revoke} />}
        empty={{
          icon: "link",
          title: shown === "active" ? m.none : m.noneEnded,
          text: shown === "active" ? m.noneText : m.noneEndedText,
        }}
        clear={owner === "" ? null : () => router.filter({ owner: "" })}
        count={a.lists.counts.links}
      />
      {ending && <RevokeLink link={ending} onClose={() => setEnding(null)} />}
    </Section>
  );
}
