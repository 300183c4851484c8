/** Doing a job: one run at a time, step by step, until nothing is left or it is enough for now. */
import { getLogger } from "@logtape/logtape";
import type { Actor } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import { type Job, newTally, RunEnded, type StepContext } from "./job.ts";
import { beginRun, endRun, type HeldRun, LEASE_MS, listRuns, renewRun, type RunRecord } from "./runs.ts";

const log = getLogger(["pawl", "jobs"]);
/** Of one run; what is left then waits for the next. */
const MAX_STEPS = 1000;
/** Of one run. A step goes on with others before it throws, so that trying again does those behind them. */
const MAX_ERRORS = 10;
const KEPT_MESSAGES = 20;
const MESSAGE_LENGTH = 300;

export interface RunOptions {
  /** Who asked for it; `SYSTEM`: the schedule. */
  actor: Actor;
  /** Ends the run before its next step. */
  signal?: AbortSignal;
}

export interface StartedRun {
  /** As it was at its start. */
  run: RunRecord;
  /** The run as recorded in the end; null when it lost its lease to another one. Never rejects. */
  ended: Promise<RunRecord | null>;
}

/** Starts a run, which the services wait for when they close; null when another one is under way, here or elsewhere. */
export async function startRun(core: Core, job: Job, options: RunOptions): Promise<StartedRun | null> {
  const owner = crypto.randomUUID();
  const held = await beginRun(core, { name: job.name, owner, actor: options.actor, tally: newTally() });
  if (held === null) return null;
  const started = structuredClone(held.run);
  const ended = carryOut(core, job, { held, signal: options.signal }).catch((error) => {
    // Its records cannot be written: the lease runs out, and the next run says that this one was interrupted.
    log.error("Job {name} broke off: {error}", { name: job.name, error });
    return null;
  }).then((run) => {
    const at = core.now();
    core.metrics.jobs.ended(job.name, {
      state: run?.state ?? "interrupted",
      ms: at - started.startedAt,
      at,
      damaged: run?.damaged,
    });
    return run;
  });
  core.background.run(`job ${job.name}`, async () => void await ended);
  return { run: started, ended };
}

/** Starts what is switched on and says that it is due; what failed last waits for its schedule. */
export async function startIfDue(core: Core, job: Job, options: RunOptions): Promise<StartedRun | null> {
  if (!core.config.jobs[job.name].enabled || !await job.isDue?.(core)) return null;
  const [last] = await listRuns(core, job.name, { limit: 1 });
  if (last?.state === "failed") return null;
  return await startRun(core, job, options);
}

async function carryOut(
  core: Core,
  job: Job,
  { held, signal }: { held: HeldRun; signal: AbortSignal | undefined },
): Promise<RunRecord | null> {
  const { run } = held;
  if (job.beginsAnew && run.by !== null) held.position = null;
  let renewedAt = core.now();

  function note(message: string): void {
    if (run.messages.length < KEPT_MESSAGES) {
      run.messages.push(message.slice(0, MESSAGE_LENGTH).toWellFormed());
    }
  }

  function failed(error: unknown): void {
    run.errors++;
    note(error instanceof Error ? error.message : String(error));
    log.error("Job {name} failed: {error}", { name: job.name, error });
  }

  async function renew(): Promise<void> {
    if (core.gate.stopping || signal?.aborted) throw new RunEnded("stopping");
    if (!await renewRun(core, held)) throw new RunEnded("lease lost");
    renewedAt = core.now();
  }

  const context: StepContext = {
    tally: run,
    get position() {
      return held.position;
    },
    report: note,
    failed,
    async pulse() {
      if (core.gate.stopping || signal?.aborted) throw new RunEnded("stopping");
      if (core.now() - renewedAt > LEASE_MS / 4) await renew();
    },
  };

  let state: RunRecord["state"] = "partial";
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    try {
      await renew();
      const { next, position = null } = await job.step(core, context);
      held.position = position;
      if (next === "done") state = "done";
      if (next !== "more") break;
    } catch (error) {
      if (error instanceof RunEnded) {
        if (error.why === "stopping") break;
        log.warning("Job {name} lost its lease to another run", { name: job.name });
        return null;
      }
      failed(error);
    }
    if (run.errors >= MAX_ERRORS) break;
  }
  return await endRun(core, held, run.errors > 0 ? "failed" : state);
}
