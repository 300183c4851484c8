/** What runs by the clock: how it ended, how long it took, when it last went well. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { JobName } from "../../config/config.ts";
import type { RunRecord } from "../jobs/runs.ts";
import type { MetricSources } from "./metrics.ts";

export interface JobMetrics {
  /** A run of this process has ended; `name` is a job's or a chore's. */
  ended(name: string, run: { state: RunRecord["state"]; ms: number; at: number }): void;
  /** Of an earlier process: when the last good run ended, ms since 1970. */
  remember(name: JobName, at: number): void;
  watch(sources: Pick<MetricSources, "jobs">): void;
}

/** Also when the next run has to go on. */
export const wentWell = (state: RunRecord["state"]): boolean => state === "done" || state === "partial";

export function newJobMetrics(registry: Registry): JobMetrics {
  const registers = [registry];
  const runs = new Counter({
    name: "pawl_job_runs_total",
    help: "Runs of jobs that ended in this process, by how they ended.",
    labelNames: ["job", "state"],
    registers,
  });
  const durations = new Histogram({
    name: "pawl_job_duration_seconds",
    help: "Time of one run of a job.",
    labelNames: ["job"],
    buckets: [0.01, 0.1, 1, 10, 60, 600],
    registers,
  });
  const successes = new Gauge({
    name: "pawl_job_last_success_timestamp_seconds",
    help: "When the last run ended that did what it was to do, since 1970; absent: none is known.",
    labelNames: ["job"],
    registers,
  });
  const succeeded = (job: string, at: number) => successes.set({ job }, at / 1000);

  return {
    ended(job, { state, ms, at }) {
      runs.inc({ job, state });
      durations.observe({ job }, ms / 1000);
      if (wentWell(state)) succeeded(job, at);
    },
    remember: succeeded,
    watch({ jobs }) {
      const enabled = new Gauge({
        name: "pawl_job_enabled",
        help: "1 when the job's schedule runs it.",
        labelNames: ["job"],
        registers,
      });
      for (const [job, settings] of Object.entries(jobs)) enabled.set({ job }, settings.enabled ? 1 : 0);
    },
  };
}
