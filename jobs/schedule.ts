/** What runs by the clock (UTC). Each run is short, does a bounded step at a time, and may be repeated. */
import { getLogger } from "@logtape/logtape";
import { expireArchives } from "../services/archives/archives.ts";
import { binDeleted, deleteOrphans, purgeBinned } from "../services/attachments/retention.ts";
import { purgeAudit } from "../services/audit/purge.ts";
import { sealAudit } from "../services/audit/seal.ts";
import { expireUploads, sweepBlobs } from "../services/cleanup.ts";
import type { Services } from "../services/open.ts";
import { expireTokens } from "../services/tokens/expiry.ts";

const log = getLogger(["pawl", "jobs"]);
/** Steps of one run; what is left then waits for the next. */
const MAX_STEPS = 1000;

interface Job {
  name: string;
  schedule: string;
  step: (services: Services) => Promise<{ more: boolean }>;
}

const JOBS: readonly Job[] = [
  { name: "expired sessions", schedule: "7 * * * *", step: ({ core }) => expireUploads(core) },
  { name: "unreferenced bytes", schedule: "* * * * *", step: ({ core }) => sweepBlobs(core) },
  { name: "deleted files", schedule: "0 3 * * *", step: ({ core }) => binDeleted(core) },
  { name: "recycle bin", schedule: "0 4 * * *", step: ({ core }) => purgeBinned(core) },
  { name: "orphans", schedule: "0 5 * * *", step: ({ core }) => deleteOrphans(core) },
  { name: "expired tokens", schedule: "20 2 * * *", step: ({ core }) => expireTokens(core) },
  { name: "expired archives", schedule: "23 * * * *", step: ({ core }) => expireArchives(core) },
  { name: "audit seals", schedule: "* * * * *", step: ({ core }) => sealAudit(core) },
  { name: "old audit entries", schedule: "50 2 * * *", step: ({ core }) => purgeAudit(core) },
  {
    name: "counted refusals",
    schedule: "* * * * *",
    step: async ({ refusals }) => {
      await refusals.flush();
      return { more: false };
    },
  },
  {
    name: "download counts",
    schedule: "* * * * *",
    step: async ({ downloads }) => {
      await downloads.flush();
      return { more: false };
    },
  },
];

/** Registers all jobs until `signal` is aborted; a job that runs then ends after its step. */
export function scheduleJobs(services: Services, signal: AbortSignal): void {
  for (const job of JOBS) {
    // Retries differ between engines, so there are none: the next run does what this one left.
    void Deno.cron(
      job.name,
      job.schedule,
      { signal, backoffSchedule: [] },
      () => runJob(job, services, signal),
    );
  }
}

async function runJob({ name, step }: Job, services: Services, signal: AbortSignal): Promise<void> {
  try {
    for (let steps = 0; steps < MAX_STEPS && !signal.aborted; steps++) {
      if (!(await step(services)).more) return;
    }
  } catch (error) {
    log.error("Job {name} failed: {error}", { name, error });
  }
}
