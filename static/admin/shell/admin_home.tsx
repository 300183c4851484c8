/** What administrators see, and what somebody else is told who has found the address. */
import { type FC, useLayoutEffect } from "hono/jsx/dom";
import { Icon } from "../../controls/icon.tsx";
import { useLoaded } from "../../i18n/use_loaded.ts";
import { useStore } from "../../state/store.ts";
import { AuditSection } from "../audit/audit_section.tsx";
import { BinSection, FilesSection } from "../files/files_section.tsx";
import { JobsSection } from "../jobs/jobs_section.tsx";
import { LinksSection } from "../links/links_section.tsx";
import { OverviewSection } from "../overview/overview_section.tsx";
import { PeopleSection } from "../people/people_section.tsx";
import { useAdmin } from "../state/admin_state.ts";
import type { Section } from "../state/route.ts";
import { StorageSection } from "../storage/storage_section.tsx";
import { UploadsSection } from "../uploads/uploads_section.tsx";
import { loadAdminWords, SentencesProvider, useAdminWords } from "../words/admin_words.ts";
import { Sections } from "./sections.tsx";

const SHOWN: Record<Section, FC> = {
  overview: OverviewSection,
  uploads: UploadsSection,
  files: FilesSection,
  bin: BinSection,
  links: LinksSection,
  people: PeopleSection,
  storage: StorageSection,
  jobs: JobsSection,
  audit: AuditSection,
};

export function AdminHome() {
  const { preferences, session, spoken } = useAdmin();
  const language = useStore(preferences, ({ language }) => language);
  const sentences = useLoaded((language) => loadAdminWords(language, Date.now), language);
  const role = useStore(session.store, (state) => state.kind === "in" ? state.user.role : null);
  useLayoutEffect(() => spoken.set(sentences), [sentences]);
  if (sentences === null) return null;
  return (
    <SentencesProvider value={sentences}>
      {role === "admin" ? <Administration /> : <Refused />}
    </SentencesProvider>
  );
}

function Administration() {
  const { router } = useAdmin();
  const section = useStore(router.store, ({ section }) => section);
  const Shown = SHOWN[section];
  return (
    <div class="admin">
      <Sections current={section} />
      <Shown key={section} />
    </div>
  );
}

function Refused() {
  const { session } = useAdmin();
  const { a } = useAdminWords();
  const name = useStore(
    session.store,
    (state) => state.kind === "in" ? state.user.name || state.user.id : "",
  );
  return (
    <section class="placard">
      <span class="emblem">
        <Icon name="shield" />
      </span>
      <h1>{a.refused.title}</h1>
      <p class="soft">{a.refused.text(name)}</p>
      <a class="button main" href="/">{a.refused.back}</a>
    </section>
  );
}
