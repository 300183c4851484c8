/** What the chart of a job's runs shows. Pure. */
import type { JobRun } from "../api.ts";

export const MEASURES = ["removed", "bytesRead", "lookedAt", "durationMs"] as const;
export type Measure = (typeof MEASURES)[number];

/** The first of them that any run has something of: a job that removes nothing reads, or counts. */
export function measureOf(runs: readonly JobRun[]): Measure {
  return MEASURES.find((measure) => runs.some((run) => run[measure] > 0)) ?? "durationMs";
}

/** Whether somebody should look at it. */
export function isBad({ state, damaged, errors }: JobRun): boolean {
  return state === "failed" || damaged > 0 || errors > 0;
}

/** How it is drawn. */
export function runTone(run: JobRun): "good" | "warn" | "bad" | "running" {
  if (run.state === "running") return "running";
  if (isBad(run)) return "bad";
  return run.state === "done" ? "good" : "warn";
}

/** The runs with the one that is under way as it is now, the latest first. */
export function withCurrent(runs: readonly JobRun[], running: JobRun | null): readonly JobRun[] {
  if (running === null) return runs;
  return [running, ...runs.filter(({ startedAt }) => startedAt !== running.startedAt)];
}
