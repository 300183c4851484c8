/**
 * Fetches a stretch of a file in several ranges at once and hands its bytes out in order: what breaks goes on where it
 * broke. Knows nothing of HTTP.
 */
import type { ChunkSizes } from "./adaptive.ts";
import { type ChildAbort, childAbort, type Clock, type Sleepers } from "./clock.ts";
import { PawlError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { type Bytes, cut, readBody } from "./read_body.ts";
import { backoffMs, isPassing } from "./retry.ts";
import type { Line } from "./runtime.ts";

export interface PartsWork {
  /** The first byte that is still needed, and the end (exclusive). */
  start: number;
  end: number;
  sizes: ChunkSizes;
  /** Ranges at once; twice as many are held in memory at most. */
  parallel: number;
  /** Tries beside the first, as long as no byte arrives. */
  retries: number;
  /** Milliseconds without a byte. */
  stallMs: number;
  gate: Gate;
  sleepers: Sleepers;
  signal: AbortSignal;
  clock: Clock;
  random: () => number;
  line: Pick<Line, "isOffline">;
  /** The body that begins at `start` and goes on to `end` (exclusive). */
  open(start: number, end: number, request: ChildAbort): Promise<ReadableStream<Bytes>>;
  /** A body that has been opened already: that of the first part, which then ends at `end`. */
  first?: { body: ReadableStream<Bytes>; end: number } | null;
  /** Takes bytes in order; resolves when there is room for more. */
  emit(bytes: Bytes): Promise<void>;
  /** `confirmed`: more bytes that have been taken; `held`: those that are here and not handed out yet, over all parts. */
  onMoved(bytes: { confirmed: number; held: number }): void;
  onWaiting(waiting: { error: PawlError; waitMs: number } | null): void;
}

interface Part {
  /** Where its next byte belongs. */
  at: number;
  end: number;
  queue: Bytes[];
}

const PAUSED = Symbol("paused");

/** Resolves when all has been handed out. Rejects with the first error that does not pass. */
export async function fetchParts(work: PartsWork): Promise<void> {
  const { sizes, gate, sleepers, clock } = work;
  const all = childAbort(work.signal);
  const readers = new Set<ChildAbort>();
  const parts: Part[] = [];
  const tasks = new Set<Promise<void>>();
  const waiting = new Set<Part>();
  let next = work.start;
  let held = 0;
  let awake = () => {};
  all.signal.addEventListener("abort", () => awake(), { once: true });

  const offGate = gate.onChange(() => {
    if (gate.closed) readers.forEach((reader) => reader.abort(PAUSED));
    else sleepers.wake();
  });

  function hold(bytes: number, confirmed = 0) {
    held += bytes;
    work.onMoved({ confirmed, held });
  }

  /** Reads until the part is whole or its connection ends; throws then. */
  async function read(part: Part, given: ReadableStream<Bytes> | null): Promise<void> {
    const request = childAbort(all.signal);
    readers.add(request);
    try {
      const began = clock.now();
      const from = part.at;
      const body = given ?? await work.open(part.at, part.end, request);
      await pump(part, body, request);
      sizes.arrived({ bytes: part.end - from, ms: clock.now() - began });
      sleepers.cheer();
    } finally {
      readers.delete(request);
      request.release();
    }
  }

  async function pump(part: Part, body: ReadableStream<Bytes>, request: ChildAbort): Promise<void> {
    await readBody(body, { request, stallMs: work.stallMs, until: () => part.at === part.end }, (bytes) => {
      const mine = bytes.subarray(0, part.end - part.at);
      part.at += mine.length;
      part.queue.push(mine);
      hold(mine.length);
      awake();
    });
    if (part.at < part.end) throw cut();
  }

  async function fetchPart(part: Part, given: ReadableStream<Bytes> | null): Promise<void> {
    for (let tries = 0; part.at < part.end;) {
      const before = part.at;
      try {
        await gate.opened(all.signal);
        await read(part, given);
      } catch (error) {
        if (all.signal.aborted) throw error;
        if (error !== PAUSED) {
          if (!(error instanceof PawlError) || !isPassing(error)) throw error;
          if (part.at > before) tries = 0;
          if (!work.line.isOffline() && ++tries > work.retries) throw error;
          sizes.broke();
          await pause(part, error, Math.max(1, tries));
        }
      }
      given = null;
    }
  }

  async function pause(part: Part, error: PawlError, tries: number): Promise<void> {
    const waitMs = backoffMs(tries, error.retryAfter, work.random());
    waiting.add(part);
    try {
      if (waiting.size === tasks.size) work.onWaiting({ error, waitMs });
      // The first wait is short, and the server may need it to see that the connection is gone.
      await sleepers.sleep(waitMs, {
        signal: all.signal,
        clock,
        firm: error.retryAfter !== null || tries <= 1,
      });
    } finally {
      waiting.delete(part);
      if (!all.signal.aborted) work.onWaiting(null);
    }
  }

  function begin(part: Part, given: ReadableStream<Bytes> | null) {
    parts.push(part);
    next = part.end;
    awake();
    const task = fetchPart(part, given).catch((error) => all.abort(error)).finally(() => {
      tasks.delete(task);
      if (!all.signal.aborted) fill();
    });
    tasks.add(task);
  }

  /** Starts parts as long as there are connections and room. */
  function fill() {
    while (next < work.end && tasks.size < work.parallel && parts.length < 2 * work.parallel) {
      begin({ at: next, end: Math.min(work.end, next + sizes.next()), queue: [] }, null);
    }
  }

  async function handOut(): Promise<void> {
    for (let at = work.start; at < work.end;) {
      all.signal.throwIfAborted();
      const part = parts[0];
      const bytes = part?.queue.shift();
      if (bytes !== undefined) {
        await work.emit(bytes);
        at += bytes.length;
        hold(-bytes.length, bytes.length);
      } else if (part && part.at === part.end) {
        parts.shift();
        fill();
      } else {
        await new Promise<void>((resolve) => awake = resolve);
      }
    }
  }

  try {
    all.signal.throwIfAborted();
    const { first } = work;
    if (first && first.end > work.start) {
      begin({ at: work.start, end: first.end, queue: [] }, first.body);
    }
    fill();
    await handOut();
  } catch (error) {
    all.abort(error);
    throw error;
  } finally {
    offGate();
    await Promise.all(tasks);
    all.release();
  }
}
