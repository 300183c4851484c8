/**
 * Where pictures are worked on: few workers, one job each, a bounded queue before them. A job that takes too long, and
 * an engine that dies of a picture, cost that job and nothing else.
 */
import { Problem } from "../problem.ts";
import type { EngineLimits, EngineName, Picture } from "./engine.ts";
import type { ImageJob, WorkerAnswer, WorkerRequest } from "./worker.ts";

/** Who waits: an upload for its commit, a download for a variant, or nobody. */
export const PRIORITIES = ["commit", "asked", "background"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Told what jobs cost, ms. Must not throw. */
export interface WorkshopObserver {
  began(waitedMs: number): void;
  ended(ms: number, result: "done" | "failed"): void;
}

export interface Workshop {
  /** What works now; null: no pictures are worked on. `auto` has chosen already, and may choose again when sharp cannot be loaded. */
  readonly engine: EngineName | null;
  /** Jobs that wait for their turn. */
  readonly waiting: number;
  /** Jobs that are worked on. */
  readonly working: number;
  /**
   * `prepare` is called when it is this job's turn, so that waiting jobs hold no pictures. Throws `busy` when too many
   * wait, `image-unreadable` when the engine cannot make anything of the picture, `image-too-large` when it takes too
   * long, `stopping` after `close`, and what `prepare` throws.
   */
  run(prepare: () => Promise<ImageJob>, priority: Priority): Promise<Picture[]>;
  /** Ends what is going on. */
  close(): void;
}

export interface WorkshopOptions {
  /** In this order; the next is taken when one cannot be loaded. */
  engines: readonly EngineName[];
  limits: EngineLimits;
  workers: number;
  /** Jobs that may wait. */
  queue: number;
  /** Ms without work after which a worker and its memory go. */
  idleMs: number;
  /** Others need the machine now: what nobody waits for then takes half of the time at most. */
  isBusy?: () => boolean;
  /** An engine that was to be used cannot be. */
  onUnusable?: (engine: EngineName, why: string) => void;
  observer?: WorkshopObserver | undefined;
}

interface Waiting {
  since: number;
  prepare: () => Promise<ImageJob>;
  done: PromiseWithResolvers<Picture[]>;
}

interface Bench {
  worker: Worker;
  engine: EngineName;
  idle: ReturnType<typeof setTimeout> | undefined;
}

/** Beyond the time that the engine allows itself, ms. */
const GRACE_MS = 1000;
/** Loading an engine takes less than a tenth of this on a slow machine. */
const START_MS = 30_000;
/** Between two jobs that nobody waits for, at most. */
const MAX_BREATH_MS = 2000;

/** Starts no worker yet. */
export function openWorkshop(options: WorkshopOptions): Workshop {
  const { limits, workers, queue, idleMs, isBusy = () => false, onUnusable = () => {}, observer } = options;
  const engines = [...options.engines];
  const waiting: Record<Priority, Waiting[]> = { commit: [], asked: [], background: [] };
  const resting: Bench[] = [];
  const all = new Set<Bench>();
  let working = 0;
  let closed = false;
  /** Until its time comes nothing that nobody waits for is begun. */
  let breathing: ReturnType<typeof setTimeout> | undefined;

  const count = () => PRIORITIES.reduce((sum, priority) => sum + waiting[priority].length, 0);

  async function bench(): Promise<Bench> {
    if (closed) throw stopping();
    for (let known = resting.pop(); known; known = resting.pop()) {
      clearTimeout(known.idle);
      if (known.engine === engines[0]) return known;
      dismiss(known);
    }
    for (;;) {
      const engine = engines[0];
      if (engine === undefined) throw unusable();
      const started = start(engine);
      all.add(started);
      const answer = await ask(started, { kind: "start", engine, limits }, START_MS);
      if (answer.kind === "ready") return started;
      dismiss(started);
      if (closed) throw stopping();
      // Another one may have found out at the same time.
      if (engines[0] === engine) {
        onUnusable(engine, answer.kind === "error" ? answer.message : answer.kind);
        engines.shift();
      }
    }
  }

  function dismiss(bench: Bench): void {
    clearTimeout(bench.idle);
    all.delete(bench);
    bench.worker.terminate();
  }

  function rest(bench: Bench): void {
    const leave = () => {
      if (resting.includes(bench)) resting.splice(resting.indexOf(bench), 1);
      dismiss(bench);
    };
    bench.worker.onerror = (event) => {
      event.preventDefault();
      leave();
    };
    bench.idle = setTimeout(leave, idleMs);
    Deno.unrefTimer(Number(bench.idle));
    resting.push(bench);
  }

  async function work({ since, prepare, done }: Waiting): Promise<void> {
    const began = performance.now();
    observer?.began(began - since);
    let result: "done" | "failed" = "failed";
    try {
      const job = await prepare();
      const worker = await bench();
      const transfer = [job.source.bytes.buffer];
      const answer = await ask(worker, job, limits.seconds * 1000 + GRACE_MS, transfer);
      if (answer.kind === "pictures") {
        rest(worker);
        result = "done";
        done.resolve(answer.pictures);
        return;
      }
      // Whatever is left of the failure goes with the worker.
      dismiss(worker);
      throw closed ? stopping() : answer.kind === "late" ? tooLong(limits) : undecodable(answer);
    } catch (error) {
      done.reject(error);
    } finally {
      observer?.ended(performance.now() - began, result);
    }
  }

  function next(): void {
    if (working >= workers || closed) return;
    const priority = PRIORITIES.find((priority) => waiting[priority].length > 0);
    if (priority === undefined || (priority === "background" && breathing !== undefined)) return;
    const started = performance.now();
    working++;
    void work(waiting[priority].shift()!).finally(() => {
      working--;
      if (priority === "background" && isBusy()) breathe(performance.now() - started);
      next();
    });
  }

  function breathe(ms: number): void {
    clearTimeout(breathing);
    breathing = setTimeout(() => {
      breathing = undefined;
      next();
    }, Math.min(ms, MAX_BREATH_MS));
  }

  return {
    get engine() {
      return engines[0] ?? null;
    },
    get waiting() {
      return count();
    },
    get working() {
      return working;
    },
    run(prepare, priority) {
      if (closed) return Promise.reject(stopping());
      if (count() >= queue) return Promise.reject(tooMany());
      const done = Promise.withResolvers<Picture[]>();
      waiting[priority].push({ since: performance.now(), prepare, done });
      next();
      return done.promise;
    },
    close() {
      closed = true;
      clearTimeout(breathing);
      for (const priority of PRIORITIES) {
        for (const { done } of waiting[priority].splice(0)) done.reject(stopping());
      }
      for (const bench of all) {
        dismiss(bench);
        bench.worker.dispatchEvent(new Event("closed"));
      }
    },
  };
}

function start(engine: EngineName): Bench {
  // A worker has no more rights than this process: sharp only gets what was granted for it.
  const permissions = engine === "sharp" ? { ffi: "inherit" as const } : "none" as const;
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: `images by ${engine}`,
    deno: { permissions },
  });
  return { worker, engine, idle: undefined };
}

type Outcome = WorkerAnswer | { kind: "late" } | { kind: "closed" };

/** The answer to one request; a worker has one at a time. */
function ask(
  { worker }: Bench,
  request: WorkerRequest,
  ms: number,
  transfer: Transferable[] = [],
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const timer = setTimeout(resolve, ms, { kind: "late" });
  worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault(); // Without this the whole process would end.
    resolve({ kind: "error", message: event.message, fatal: true });
  };
  const closed = () => resolve({ kind: "closed" });
  worker.addEventListener("closed", closed);
  worker.postMessage(request, transfer);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.removeEventListener("closed", closed);
  });
}

const stopping = () =>
  new Problem("stopping", "The server is stopping. Ask again when it is back.", { retryAfter: 5 });

const tooMany = () =>
  new Problem("busy", "Too many pictures wait to be worked on. Try again in a moment.", { retryAfter: 5 });

const unusable = () =>
  new Problem(
    "image-unsupported",
    "This server cannot work on pictures: none of its image engines can be loaded.",
  );

const tooLong = ({ seconds }: EngineLimits) =>
  new Problem(
    "image-too-large",
    `Working on this picture takes longer than ${seconds} seconds. Send a smaller one.`,
  );

const undecodable = (answer: Outcome) =>
  new Problem(
    "image-unreadable",
    "The picture cannot be decoded. Open it in an image program, save it anew, and send that.",
    { cause: new Error(answer.kind === "error" ? answer.message : answer.kind) },
  );
