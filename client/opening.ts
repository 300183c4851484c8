/** Openings of sessions that can be given up without leaving one behind. */
import type { UploadSession } from "./api_types.ts";
import { childAbort } from "./clock.ts";
import type { Server } from "./server.ts";
import { type OnPaced, type Opened, openSession, type OpenWish } from "./upload_session.ts";

/** Whoever cancels waits no longer for the answer to a request that is on its way. */
const PATIENCE_MS = 5000;

export interface Opening {
  /** As `openSession`. Rejects as soon as `signal` is aborted; the request itself goes on. */
  open(wish: OpenWish, onPaced: OnPaced): Promise<Opened>;
  /** After that: the session that the request has made all the same, or null. */
  left(): Promise<UploadSession | null>;
  /** Ends the request, too. */
  release(): void;
}

export function newOpening(server: Server, signal: AbortSignal): Opening {
  const request = new AbortController();
  let unheard: Promise<Opened> | null = null;
  let heldUntil = 0;
  const release = () => request.abort(signal.reason);
  return {
    async open(wish, onPaced) {
      const opened = openSession(server, wish, {
        signal: request.signal,
        onPaced(waiting) {
          heldUntil = server.clock.now() + waiting.waitMs;
          onPaced(waiting);
        },
      });
      unheard = opened;
      try {
        const answer = await unlessAborted(opened, signal);
        unheard = null;
        return answer;
      } catch (error) {
        if (!signal.aborted) unheard = null;
        throw error;
      }
    },
    async left() {
      if (unheard === null) return null;
      if (server.clock.now() < heldUntil) release(); // It is not on its way yet.
      const timer = setTimeout(release, PATIENCE_MS);
      try {
        const opened = await unheard;
        return opened.kind === "session" && opened.created ? opened.session : null;
      } catch {
        return null; // It was refused, or never arrived.
      } finally {
        clearTimeout(timer);
      }
    },
    release,
  };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const child = childAbort(signal);
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    child.signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  promise.catch(() => {}); // When nobody waits for it any more.
  return Promise.race([promise, aborted]).finally(() => child.release());
}
