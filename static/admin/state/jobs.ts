/** The jobs, their runs, and what is done about them from here. */
import type { AdminCalls, Job, JobRun } from "../api.ts";
import { endOf } from "../jobs/job_text.ts";
import type { Say } from "./admin_state.ts";
import { createLive, type Live } from "./live.ts";

export interface Jobs {
  all: Live<Job[]>;
  /** The last runs of one job, the latest first. */
  runs(name: string): Live<JobRun[]>;
  /** Starts one; throws what the server says. How it ended is told when it has. */
  run(name: string): Promise<void>;
}

export interface JobsOptions {
  calls: Pick<AdminCalls, "jobs" | "runs" | "run">;
  say: Say;
  /** A run that was started here has ended. */
  onEnd(name: string): void;
  onError(error: unknown): void;
}

const WHILE_RUNNING_MS = 1000;
const AT_REST_MS = 5000;
const RUNS_MS = 60_000;

export function createJobs({ calls, say, onEnd, onError }: JobsOptions): Jobs {
  const all = createLive<Job[]>({
    ask: calls.jobs,
    pause: (jobs) => jobs?.some(({ running }) => running !== null) ? WHILE_RUNNING_MS : AT_REST_MS,
    onError,
  });
  const runs = new Map<string, Live<JobRun[]>>();
  /** Job -> the run that was started here. */
  const started = new Map<string, string>();

  all.store.subscribe(() => {
    for (const { name, last } of all.store.get().value ?? []) {
      const since = started.get(name);
      if (since === undefined || last === null || last.startedAt < since) continue;
      started.delete(name);
      runs.get(name)?.now();
      onEnd(name);
      say((words) => endOf(words, last));
    }
  });

  return {
    all,
    runs(name) {
      const known = runs.get(name);
      if (known) return known;
      const live = createLive<JobRun[]>({
        ask: (signal) => calls.runs(name, signal),
        pause: () => RUNS_MS,
        onError,
      });
      runs.set(name, live);
      return live;
    },
    async run(name) {
      const run = await calls.run(name);
      started.set(name, run.startedAt);
      all.set((jobs) => jobs.map((job) => job.name === name ? { ...job, running: run } : job));
      all.now();
    },
  };
}
