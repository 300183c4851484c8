/**
 * Moves all pending pieces, several at once: what breaks is waited for, asked about and sent again. Knows nothing of
 * HTTP or files, so that a simulated line can drive it.
 */
import type { ChunkSizes } from "./adaptive.ts";
import { type ChildAbort, childAbort, type Clock, newSleepers, type Sleepers } from "./clock.ts";
import { PawlError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { backoffMs, isPassing, isUncertain } from "./retry.ts";
import type { Line } from "./runtime.ts";
import type { Pending, Piece } from "./spans.ts";

export interface ChunkWork {
  pending: Pending;
  sizes: ChunkSizes;
  parallel: number;
  /** Tries of a piece beside the first. */
  retries: number;
  gate: Gate;
  sleepers?: Sleepers;
  signal: AbortSignal;
  clock: Clock;
  random: () => number;
  line: Pick<Line, "isOffline">;
  /** Sends a piece; resolves when it is acknowledged. */
  put(piece: Piece, options: { signal: AbortSignal; onSent: (bytes: number) => void }): Promise<void>;
  /** Asks which parts of a piece the server still lacks, after its answer was lost or somebody else wrote there. */
  missingOf(piece: Piece, signal: AbortSignal): Promise<Piece[]>;
  /** `confirmed`: more bytes that are acknowledged; `sending`: all that are on their way now. */
  onMoved(bytes: { confirmed: number; sending: number }): void;
  /** null when something moves again. */
  onWaiting(waiting: { error: PawlError; waitMs: number } | null): void;
}

/** After `pause` what is on its way has so long to end (ms). */
const PAUSE_GRACE_MS = 2000;
const PAUSED = Symbol("paused");

/** Codes that say: somebody else writes there, or has written. */
const LOOK_AGAIN = new Set(["chunk-busy", "superseded", "chunk-too-small"]);

/** Resolves when nothing is pending any more. Rejects with the first error that does not pass, when nothing is on its way any more. */
export async function sendChunks(work: ChunkWork): Promise<void> {
  const { pending, sizes, gate, clock, sleepers = newSleepers() } = work;
  const all = childAbort(work.signal);
  const requests = new Set<ChildAbort>();
  const sent = new Map<Piece, number>();
  const tasks = new Set<Promise<void>>();
  const waiting = new Set<Piece>();
  let grace: ChildAbort | null = null;

  function moved(confirmed: number) {
    let sending = 0;
    for (const bytes of sent.values()) sending += bytes;
    work.onMoved({ confirmed, sending });
  }

  const offGate = gate.onChange(() => {
    grace?.abort(null);
    if (!gate.closed) return sleepers.wake();
    grace = childAbort(all.signal);
    clock.delay(PAUSE_GRACE_MS, grace.signal).then(
      () => requests.forEach((request) => request.abort(PAUSED)),
      () => {},
    );
  });

  /** Returns what went wrong, null when the piece is there or was given back. */
  async function attempt(piece: Piece): Promise<PawlError | null> {
    const request = childAbort(all.signal);
    requests.add(request);
    const began = clock.now();
    const bytes = piece.end - piece.start;
    try {
      await work.put(piece, {
        signal: request.signal,
        onSent(some) {
          sent.set(piece, Math.min(some, bytes));
          moved(0);
        },
      });
      sizes.arrived({ bytes, ms: clock.now() - began });
      sent.delete(piece);
      moved(bytes);
      sleepers.cheer();
      return null;
    } catch (error) {
      if (error === PAUSED) pending.giveBack(piece);
      else if (all.signal.aborted || !(error instanceof PawlError)) throw error;
      return error === PAUSED ? null : error as PawlError;
    } finally {
      requests.delete(request);
      request.release();
      if (sent.delete(piece)) moved(0);
    }
  }

  /** Waits, and tells so once everybody does. */
  async function pause(piece: Piece, error: PawlError, tries: number): Promise<void> {
    const waitMs = backoffMs(tries, error.retryAfter, work.random());
    waiting.add(piece);
    try {
      if (waiting.size === tasks.size) work.onWaiting({ error, waitMs });
      // The first wait is short, and the server may need it to see that the connection is gone.
      await sleepers.sleep(waitMs, {
        signal: all.signal,
        clock,
        firm: error.retryAfter !== null || tries <= 1,
      });
      await gate.opened(all.signal);
    } finally {
      waiting.delete(piece);
      if (!all.signal.aborted) work.onWaiting(null);
    }
  }

  async function send(piece: Piece): Promise<void> {
    const failure = await attempt(piece);
    if (failure === null) return;
    if (failure.status === 413) {
      if (!sizes.tooLarge(piece.end - piece.start)) throw failure;
      return pending.giveBack(piece);
    }
    const passing = isPassing(failure) || LOOK_AGAIN.has(failure.code) || failure.code === "digest-mismatch";
    if (!passing) throw failure;
    if (isUncertain(failure)) sizes.broke();

    let { tries } = piece;
    let waits = tries;
    for (let error = failure;;) {
      // A browser that knows that it is offline waits for as long as it takes.
      if (!work.line.isOffline() && ++tries > work.retries) throw error;
      await pause(piece, error, ++waits);
      if (!isUncertain(error) && !LOOK_AGAIN.has(error.code)) return pending.giveBack({ ...piece, tries });
      try {
        const before = clock.now();
        const missing = await work.missingOf(piece, all.signal);
        sizes.answered(clock.now() - before);
        for (const rest of missing) pending.giveBack({ ...rest, tries });
        const found = piece.end - piece.start - missing.reduce((sum, { start, end }) => sum + end - start, 0);
        if (found > 0) moved(found);
        return;
      } catch (next) {
        if (all.signal.aborted || !(next instanceof PawlError) || !isPassing(next)) throw next;
        error = next;
      }
    }
  }

  try {
    for (;;) {
      all.signal.throwIfAborted();
      while (!gate.closed && tasks.size < work.parallel) {
        const piece = pending.take(sizes.next(pending.bytes, work.parallel), sizes);
        if (piece === null) break;
        const task = send(piece).catch((error) => all.abort(error)).finally(() => tasks.delete(task));
        tasks.add(task);
      }
      if (tasks.size === 0 && pending.bytes === 0) return;
      if (gate.closed) await Promise.race([...tasks, gate.opened(all.signal)]);
      else await Promise.race(tasks);
    }
  } finally {
    offGate();
    all.abort(null);
    await Promise.all(tasks);
    all.release();
  }
}
