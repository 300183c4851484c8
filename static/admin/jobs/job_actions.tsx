/** What can be done to a job. */
import { useState } from "hono/jsx/dom";
import { Icon } from "../../controls/icon.tsx";
import type { Job } from "../api.ts";
import { useAdmin } from "../state/admin_state.ts";
import { adminProblem, useAdminWords } from "../words/admin_words.ts";
import { jobName } from "./job_text.ts";

export function JobActions({ job, dryRun }: { job: Job; dryRun: (job: Job) => void }) {
  const words = useAdminWords();
  const { a } = words;
  const run = useRun(job.name);
  const name = jobName(words, job.name);
  return (
    <div class="actions">
      {job.canDryRun && (
        <button
          type="button"
          class="button slim"
          aria-label={a.jobs.dryRunNamed(name)}
          onClick={() => dryRun(job)}
        >
          <Icon name="eye" />
          {a.jobs.dryRun}
        </button>
      )}
      <button
        type="button"
        class="button slim"
        aria-label={a.jobs.runNamed(name)}
        aria-disabled={String(run.busy || job.running !== null)}
        onClick={() => job.running === null && run.start()}
      >
        <Icon name="play" />
        {a.jobs.run}
      </button>
    </div>
  );
}

/** Starts the job, once at a time, and says when that is refused. */
export function useRun(name: string): { busy: boolean; start: () => void } {
  const { jobs, say, onError } = useAdmin();
  const [busy, setBusy] = useState(false);
  async function run() {
    setBusy(true);
    try {
      await jobs.run(name);
    } catch (error) {
      onError(error);
      say((words) => adminProblem(words, error));
    }
    setBusy(false);
  }
  return { busy, start: () => void (busy || run()) };
}
