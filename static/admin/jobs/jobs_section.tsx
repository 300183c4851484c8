/** The jobs: when they run, how that went, doing it now. */
import { useCallback, useState } from "hono/jsx/dom";
import { useStore } from "../../state/store.ts";
import type { Job } from "../api.ts";
import { Section } from "../parts/section.tsx";
import { Failure, Stale, Waiting } from "../parts/states.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { useLive } from "../state/live.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { DryRunDialog } from "./dry_run_dialog.tsx";
import { JobCard } from "./job_card.tsx";
import { JobDetail } from "./job_detail.tsx";

export function JobsSection() {
  const { jobs, router } = useAdmin();
  const { a } = useAdminWords();
  const { value, error } = useLive(jobs.all);
  const item = useStore(router.store, ({ item }) => item);
  const [tried, setTried] = useState<Job | null>(null);
  const dryRun = useCallback((job: Job) => setTried(job), []);
  const chosen = value?.find(({ name }) => name === item);
  const dialog = tried && <DryRunDialog job={tried} onClose={() => setTried(null)} />;
  if (chosen) {
    return (
      <div key={chosen.name}>
        <JobDetail job={chosen} dryRun={dryRun} />
        {dialog}
      </div>
    );
  }
  return (
    <div key="all">
      <Section title={a.sections.jobs} about={a.jobs.about}>
        {error !== null && value !== null && <Stale error={error} retry={jobs.all.now} />}
        {value === null && error === null && <Waiting rows={6} />}
        {value === null && error !== null && <Failure error={error} retry={jobs.all.now} />}
        {value !== null && (
          <ul class="jobs">
            {value.map((job) => <JobCard key={job.name} job={job} dryRun={dryRun} />)}
          </ul>
        )}
      </Section>
      {dialog}
    </div>
  );
}
