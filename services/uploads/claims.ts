/**
 * Who writes which stretch of an upload right now, so that no byte has two writers. In memory: a claim lives
 * as long as its request, and one process owns the upload.
 */
import { Problem } from "../problem.ts";

/** A writer's hold on [`start`, `end`). */
export interface Claim {
  readonly start: number;
  readonly end: number;
  /** Aborted when a newer request takes over or the upload ends: stop, settle, release. */
  readonly signal: AbortSignal;
  /** Since when the writer has been waiting for the client's next bytes (ms, monotonic); null while it works on some. */
  waitingSince: number | null;
  /** Makes what has come so far count, and resolves when it does or cannot; null: nothing counts before the end. */
  save: (() => Promise<void>) | null;
  /** To be called when the last write has settled. */
  release(): void;
}

interface Held extends Claim {
  controller: AbortController;
  released: Promise<void>;
}

export interface Claims {
  /**
   * Holds [`start`, `end`) for a new request. A holder that has been waiting for its client for `takeoverMs` is
   * told to stop and waited for. Throws `chunk-busy` when a live one holds a part.
   */
  take(
    span: { start: number; end: number },
    options: { now: () => number; takeoverMs: number },
  ): Promise<Claim>;
  /** Asks every holder to make count what it has. */
  save(): Promise<void>;
  /** Tells every holder to stop with `reason`, and waits until all have let go. */
  clear(reason: Problem): Promise<void>;
  /** Holders. */
  readonly size: number;
  /** Those of them that wait for their client's next bytes. */
  readonly waiting: number;
}

export function newClaims(): Claims {
  const held = new Set<Held>();

  function hold(start: number, end: number, since: number): Claim {
    const controller = new AbortController();
    const { promise: released, resolve } = Promise.withResolvers<void>();
    const claim: Held = {
      start,
      end,
      controller,
      signal: controller.signal,
      waitingSince: since,
      save: null,
      released,
      release() {
        held.delete(claim);
        resolve();
      },
    };
    held.add(claim);
    return claim;
  }

  return {
    async take({ start, end }, { now, takeoverMs }) {
      const rivals = [...held].filter((claim) => claim.start < end && start < claim.end);
      const waits = rivals.map((claim) =>
        claim.waitingSince === null ? takeoverMs : claim.waitingSince + takeoverMs - now()
      );
      const longest = Math.max(0, ...waits);
      if (longest > 0) throw busy({ start, end }, longest);
      // Held from now on: whoever comes later and takes over has this one stop too, though it has not begun.
      const claim = hold(start, end, now());
      for (const rival of rivals) rival.controller.abort(superseded());
      await Promise.all(rivals.map((rival) => rival.released));
      if (!claim.signal.aborted) return claim;
      claim.release();
      throw claim.signal.reason;
    },

    async save() {
      await Promise.all([...held].map((claim) => claim.save?.()));
    },

    async clear(reason) {
      const all = [...held];
      for (const claim of all) claim.controller.abort(reason);
      await Promise.all(all.map((claim) => claim.released));
    },

    get size() {
      return held.size;
    },

    get waiting() {
      return [...held].filter(({ waitingSince }) => waitingSince !== null).length;
    },
  };
}

const superseded = () =>
  new Problem("superseded", "A newer request sends these bytes, so that this one was ended.");

function busy({ start, end }: { start: number; end: number }, waitMs: number): Problem {
  const range = Number.isFinite(end) ? `bytes ${start} to ${end - 1}` : `bytes from ${start} on`;
  return new Problem(
    "chunk-busy",
    `Another request is writing ${range} of this upload. Send them again when it has ended or fallen silent.`,
    { retryAfter: Math.max(1, Math.ceil(waitMs / 1000)) },
  );
}
