/**
 * The records of runs. A run holds the job's lease; each of its commits checks that it still does, so that of
 * two instances one works, and one that was away for too long changes no record of its successor.
 */
import type { JobName } from "../../config/config.ts";
import type { Actor } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import { keys } from "../records/keys.ts";
import type { Tally } from "./job.ts";

/** A run renews it before each step; a step that lasts longer renews it itself. */
export const LEASE_MS = 120_000;
/** Runs that are kept of each job. */
export const KEPT_RUNS = 100;

/** Times are ms since 1970. */
export interface RunRecord extends Tally {
  job: JobName;
  startedAt: number;
  /** Until then it was seen; while it runs the time of its last step. */
  endedAt: number;
  /**
   * `done`: nothing was left; `partial`: the next run goes on; `failed`: with errors; `interrupted`: its process
   * ended, or it lost its lease.
   */
  state: "running" | "done" | "partial" | "failed" | "interrupted";
  /** How many. */
  errors: number;
  /** The first ones, in words. */
  messages: string[];
  /** Who asked for it; null: the schedule. */
  by: string | null;
}

export interface JobRecord {
  /** When the latest run started, which is its key; null: never. */
  last: number | null;
  /** Where the next step begins. */
  position: string | null;
}

export interface JobLease {
  owner: string;
  /** Exclusive; ms since 1970. */
  expiresAt: number;
}

/** A run that this process does. */
export interface HeldRun {
  owner: string;
  actor: Actor;
  run: RunRecord;
  position: string | null;
}

/** Takes the lease and records the start; null when another run has it. */
export async function beginRun(
  core: Core,
  { name, owner, actor, tally }: { name: JobName; owner: string; actor: Actor; tally: Tally },
): Promise<HeldRun | null> {
  const { records, now } = core;
  return await records.transact(async (commit) => {
    const lease = await records.get<JobLease>(keys.jobLease(name));
    const job = await records.get<JobRecord>(keys.job(name));
    const { last = null, position = null } = job.value ?? {};
    const before = last === null ? null : await records.get<RunRecord>(keys.jobRun(name, last));
    // The answer to our own commit was lost.
    if (lease.value?.owner === owner) return { owner, actor, run: before!.value!, position };
    if (lease.value !== null && lease.value.expiresAt > now()) return null;

    if (before?.value?.state === "running") {
      commit.set(before.key, { ...before.value, state: "interrupted" } satisfies RunRecord);
    }
    const startedAt = Math.max(now(), (last ?? 0) + 1);
    const by = actor.role === "system" ? null : actor.id;
    const run: RunRecord = {
      job: name,
      startedAt,
      endedAt: startedAt,
      state: "running",
      errors: 0,
      messages: [],
      by,
      ...tally,
    };
    commit.check(lease, job)
      .set(lease.key, { owner, expiresAt: now() + LEASE_MS } satisfies JobLease)
      .set(job.key, { last: startedAt, position } satisfies JobRecord)
      .set(keys.jobRun(name, startedAt), run);
    const kept = await records.page(keys.jobRuns(name), { limit: KEPT_RUNS + 10 });
    for (const { key } of kept.slice(0, Math.max(0, kept.length - KEPT_RUNS + 1))) commit.delete(key);
    return { owner, actor, run, position };
  });
}

/** Renews the lease and stores how far the run is. False: another run has it by now. */
export async function renewRun(core: Core, { owner, run, position }: HeldRun): Promise<boolean> {
  const { records, now } = core;
  return await records.transact(async (commit) => {
    const lease = await records.get<JobLease>(keys.jobLease(run.job));
    if (lease.value?.owner !== owner) return false;
    commit.check(lease)
      .set(lease.key, { owner, expiresAt: now() + LEASE_MS } satisfies JobLease)
      .set(keys.job(run.job), { last: run.startedAt, position } satisfies JobRecord)
      .set(keys.jobRun(run.job, run.startedAt), { ...run, endedAt: now() } satisfies RunRecord);
    return true;
  });
}

/** Gives the lease back and records the end; null when another run has it by now. */
export async function endRun(
  core: Core,
  { owner, run, position, actor }: HeldRun,
  state: RunRecord["state"],
): Promise<RunRecord | null> {
  const { records, now } = core;
  return await records.transact(async (commit, tries) => {
    const lease = await records.get<JobLease>(keys.jobLease(run.job));
    const ended: RunRecord = { ...run, state, endedAt: Math.max(now(), run.startedAt) };
    if (lease.value?.owner !== owner) {
      if (tries === 1) return null;
      // Our own commit, whose answer was lost?
      const { value } = await records.get<RunRecord>(keys.jobRun(run.job, run.startedAt));
      return value?.state === state ? value : null;
    }
    commit.check(lease).delete(lease.key)
      .set(keys.job(run.job), { last: run.startedAt, position } satisfies JobRecord)
      .set(keys.jobRun(run.job, run.startedAt), ended);
    // Of what the schedule does, what changed nothing is told by the runs alone.
    if (run.by !== null || ended.removed > 0 || ended.damaged > 0 || ended.errors > 0) {
      const { lookedAt, removed, bytesFreed, damaged, errors } = ended;
      core.audit.add(commit, {
        actor,
        action: "job.run",
        target: { kind: "job", id: run.job },
        detail: { state, lookedAt, removed, bytesFreed, damaged, errors },
      });
    }
    return ended;
  });
}

/** The latest first. One whose process ended without a word is `interrupted` from the end of its lease on. */
export async function listRuns(
  { records, now }: Core,
  name: JobName,
  { limit = KEPT_RUNS }: { limit?: number } = {},
): Promise<RunRecord[]> {
  const found = await records.page<RunRecord>(keys.jobRuns(name), { limit, reverse: true });
  const { value: lease } = await records.get<JobLease>(keys.jobLease(name));
  const isHeld = lease !== null && lease.expiresAt > now();
  return found.map(({ value }, at) =>
    value.state === "running" && !(isHeld && at === 0) ? { ...value, state: "interrupted" } : value
  );
}
