/**
 * What runs by the clock: how it ended, how long it took, when it last went well. The label is `name`, because `job` is
 * what Prometheus calls whom it reads.
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { JobName } from "../../config/config.ts";
import type { RunRecord } from "../jobs/runs.ts";
import type { MetricSources } from "./metrics.ts";

export interface EndedRun {
  state: RunRecord["state"];
  ms: number;
  /** Ms since 1970. */
  at: number;
  /** Blobs that it found damaged. */
  damaged?: number | undefined;
}

export interface JobMetrics {
  /** A run of this process has ended; `name` is a job's or a chore's. */
  ended(name: string, run: EndedRun): void;
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
    labelNames: ["name", "state"],
    registers,
  });
  const durations = new Histogram({
    name: "pawl_job_duration_seconds",
    help: "Time of one run of a job.",
    labelNames: ["name"],
    buckets: [0.01, 0.1, 1, 10, 60, 600],
    registers,
  });
  const successes = new Gauge({
    name: "pawl_job_last_success_timestamp_seconds",
    help: "When the last run ended that did what it was to do, since 1970; absent: none is known.",
    labelNames: ["name"],
    registers,
  });
  const damaged = new Counter({
    name: "pawl_damaged_blobs_total",
    help: "Stored bytes that verification found missing or different since the start.",
    registers,
  });
  const succeeded = (name: string, at: number) => successes.set({ name }, at / 1000);

  return {
    ended(name, run) {
      runs.inc({ name, state: run.state });
      durations.observe({ name }, run.ms / 1000);
      if (run.damaged) damaged.inc(run.damaged);
      if (wentWell(run.state)) succeeded(name, run.at);
    },
    remember: succeeded,
    watch({ jobs }) {
      const enabled = new Gauge({
        name: "pawl_job_enabled",
        help: "1 when the job's schedule runs it.",
        labelNames: ["name"],
        registers,
      });
      for (const [name, settings] of Object.entries(jobs)) enabled.set({ name }, settings.enabled ? 1 : 0);
    },
  };
}
