/** What runs by the clock (UTC). Each run does a bounded step at a time, and may be repeated. */
import { getLogger } from "@logtape/logtape";
import { SYSTEM } from "../services/audit/entry.ts";
import { sealAudit } from "../services/audit/seal.ts";
import { sweepBlobs } from "../services/cleanup.ts";
import { repointDamaged } from "../services/maintenance/repoint.ts";
import type { Job } from "../services/jobs/job.ts";
import { JOBS } from "../services/jobs/jobs.ts";
import { startIfDue, startRun } from "../services/jobs/runner.ts";
import type { Services } from "../services/open.ts";

const log = getLogger(["pawl", "jobs"]);
const EVERY_MINUTE = "* * * * *";
/** Steps of one minute's work; what is left then waits for the next. */
const MAX_STEPS = 1000;

/** What belongs to the services themselves: always on, not recorded, safe beside another instance. */
interface Chore {
  name: string;
  step: (services: Services) => Promise<{ more: boolean }>;
}

const CHORES: readonly Chore[] = [
  { name: "unreferenced bytes", step: ({ core }) => sweepBlobs(core) },
  { name: "files on damaged bytes", step: ({ core }) => repointDamaged(core) },
  { name: "audit seals", step: ({ core }) => sealAudit(core) },
  {
    name: "counted refusals",
    step: async ({ refusals }) => {
      await refusals.flush();
      return { more: false };
    },
  },
  {
    name: "download counts",
    step: async ({ downloads }) => {
      await downloads.flush();
      return { more: false };
    },
  },
];

/** Registers everything until `signal` is aborted; what runs then ends after its step. */
export function scheduleJobs(services: Services, signal: AbortSignal): void {
  // Retries differ between engines, so there are none: the next run does what this one left.
  const options = { signal, backoffSchedule: [] };
  for (const chore of CHORES) {
    void Deno.cron(chore.name, EVERY_MINUTE, options, () => runChore(chore, services, signal));
  }
  for (const job of JOBS) {
    const { schedule } = services.core.config.jobs[job.name];
    void Deno.cron(job.name, schedule, options, () => runScheduled(job, services, signal));
    if (job.isDue) void runAtStart(job, services, signal);
  }
}

async function runAtStart(job: Job, { core }: Services, signal: AbortSignal): Promise<void> {
  try {
    await startIfDue(core, job, { actor: SYSTEM, signal });
  } catch (error) {
    log.error("Job {name} cannot start: {error}", { name: job.name, error });
  }
}

async function runScheduled(job: Job, { core }: Services, signal: AbortSignal): Promise<void> {
  if (!core.config.jobs[job.name].enabled || signal.aborted) return;
  try {
    const started = await startRun(core, job, { actor: SYSTEM, signal });
    await started?.ended;
  } catch (error) {
    log.error("Job {name} cannot start: {error}", { name: job.name, error });
  }
}

async function runChore({ name, step }: Chore, services: Services, signal: AbortSignal): Promise<void> {
  const { elapsed, now, metrics } = services.core;
  const since = elapsed();
  let state: "done" | "partial" | "failed" = "partial";
  try {
    for (let steps = 0; steps < MAX_STEPS && !signal.aborted && state === "partial"; steps++) {
      if (!(await step(services)).more) state = "done";
    }
  } catch (error) {
    state = "failed";
    log.error("Job {name} failed: {error}", { name, error });
  }
  metrics.jobs.ended(name, { state, ms: elapsed() - since, at: now() });
}
