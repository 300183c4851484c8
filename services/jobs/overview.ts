/** The jobs as administrators see them: when they run, how the last run ended, what a run would remove. */
import { Cron } from "croner";
import type { Core } from "../core.ts";
import { Problem } from "../problem.ts";
import type { Candidate, Job } from "./job.ts";
import { JOBS } from "./jobs.ts";
import { listRuns, type RunRecord } from "./runs.ts";

const MOST_CANDIDATES = 100;

export interface JobState {
  job: Job;
  enabled: boolean;
  schedule: string;
  /** Ms since 1970; null: it is switched off. */
  next: number | null;
  /** The run that is under way, here or elsewhere. */
  running: RunRecord | null;
  /** The latest run that is not; null when none is known. */
  last: RunRecord | null;
}

export async function listJobs(core: Core): Promise<JobState[]> {
  return await Promise.all(JOBS.map((job) => stateOf(core, job)));
}

async function stateOf(core: Core, job: Job): Promise<JobState> {
  const { enabled, schedule } = core.config.jobs[job.name];
  const runs = await latestRuns(core, job);
  return { job, enabled, schedule, next: enabled ? nextRun(schedule, core.now()) : null, ...runs };
}

async function latestRuns(core: Core, { name }: Job): Promise<Pick<JobState, "running" | "last">> {
  const [latest = null, before = null] = await listRuns(core, name, { limit: 2 });
  return latest?.state === "running" ? { running: latest, last: before } : { running: null, last: latest };
}

/** The names of those whose last run failed. */
export async function jobsThatFailed(core: Core): Promise<string[]> {
  const runs = await Promise.all(JOBS.map((job) => latestRuns(core, job)));
  return JOBS.filter((_job, index) => runs[index]!.last?.state === "failed").map(({ name }) => name);
}

/** The first time after `now` at which the schedule fires; ms since 1970. */
export function nextRun(schedule: string, now: number): number | null {
  return new Cron(schedule, { timezone: "UTC" }).nextRun(new Date(now))?.getTime() ?? null;
}

/** Throws `not-found`. */
export function findJob(name: string): Job {
  const job = JOBS.find((candidate) => candidate.name === name);
  if (job) return job;
  throw new Problem(
    "not-found",
    `There is no such job. There are: ${JOBS.map(({ name }) => name).join(", ")}.`,
  );
}

/** What a run would remove now, at most 100, and whether there is more. Changes nothing. Throws `invalid-request` for a job that removes nothing. */
export async function dryRun(core: Core, job: Job): Promise<{ candidates: Candidate[]; more: boolean }> {
  if (!job.candidates) {
    throw new Problem("invalid-request", `The job ${job.name} removes nothing: run it without dryRun.`);
  }
  const candidates: Candidate[] = [];
  for await (const candidate of job.candidates(core)) {
    if (candidates.length === MOST_CANDIDATES) return { candidates, more: true };
    candidates.push(candidate);
  }
  return { candidates, more: false };
}
