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

/** The runs, the latest first, with the latest of them as it is known to be now; null: nothing is known. */
export function withCurrent(runs: readonly JobRun[], latest: JobRun | null): readonly JobRun[] {
  if (latest === null) return runs;
  return [latest, ...runs.filter(({ startedAt }) => startedAt < latest.startedAt)];
}
