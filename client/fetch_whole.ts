/** Fetches a file from a server that cuts no ranges: after a break it is read again, past what is here. */
import { type ChildAbort, childAbort, type Clock, type Sleepers } from "./clock.ts";
import { PawlError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { type Bytes, cut, readBody } from "./read_body.ts";
import { isSameVersion, type RemoteRange } from "./remote_file.ts";
import { backoffMs, isPassing } from "./retry.ts";

export interface WholeWork {
  /** Already open. */
  first: RemoteRange;
  open(request: ChildAbort): Promise<RemoteRange>;
  retries: number;
  stallMs: number;
  gate: Gate;
  sleepers: Sleepers;
  signal: AbortSignal;
  clock: Clock;
  random: () => number;
  emit(bytes: Bytes): Promise<void>;
  onMoved(bytes: { confirmed: number; held: number }): void;
  onWaiting(waiting: { error: PawlError; waitMs: number } | null): void;
}

/** Resolves when all has been handed out. Throws `download-changed` when the file is another one after a break. */
export async function fetchWhole(work: WholeWork): Promise<void> {
  const { facts } = work.first;
  let range: RemoteRange | null = work.first;
  let done = 0;
  for (let tries = 0;;) {
    const request = childAbort(work.signal);
    const before = done;
    let skip = done;
    try {
      await work.gate.opened(work.signal);
      range ??= await work.open(request);
      if (done > 0 && !isSameVersion(range.facts, facts)) throw changedMeanwhile();
      await readBody(range.body, { request, stallMs: work.stallMs }, async (bytes) => {
        const fresh = bytes.subarray(Math.min(skip, bytes.length));
        skip -= bytes.length - fresh.length;
        if (fresh.length === 0) return;
        await work.gate.opened(work.signal);
        await work.emit(fresh);
        done += fresh.length;
        work.onMoved({ confirmed: fresh.length, held: 0 });
      });
      if (facts.size !== null && done < facts.size) throw cut();
      return;
    } catch (error) {
      if (work.signal.aborted || !(error instanceof PawlError) || !isPassing(error)) throw error;
      if (done > before) tries = 0;
      if (++tries > work.retries) throw error;
      const waitMs = backoffMs(tries, error.retryAfter, work.random());
      work.onWaiting({ error, waitMs });
      await work.sleepers.sleep(waitMs, { signal: work.signal, clock: work.clock });
      work.onWaiting(null);
    } finally {
      request.release();
    }
    range = null;
  }
}

/** The error of a file that is not the one it was when its download began. */
export function changedMeanwhile(): PawlError {
  return new PawlError(
    "download-changed",
    "The file at the server was changed while it was being fetched. Fetch it again.",
  );
}
