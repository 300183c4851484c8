/** Reading a body to its end, or until it falls silent. */
import type { ChildAbort } from "./clock.ts";
import { PawlError } from "./errors.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export interface ReadOptions {
  /** The request whose body it is; aborted when it falls silent. */
  request: ChildAbort;
  /** Milliseconds without a byte; not counted while `take` works. */
  stallMs: number;
  /** Ends the reading early. */
  until?: () => boolean;
}

/** Resolves at the body's end. Rejects with `network`, `stalled`, the request's abort reason, or what `take` throws. */
export async function readBody(
  body: ReadableStream<Bytes>,
  { request, stallMs, until }: ReadOptions,
  take: (bytes: Bytes) => void | Promise<void>,
): Promise<void> {
  const { signal } = request;
  const reader = body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  // Also for bodies that do not know of the signal.
  signal.addEventListener("abort", cancel, { once: true });
  try {
    while (!until?.()) {
      signal.throwIfAborted();
      const timer = setTimeout(() => request.abort(silent()), stallMs);
      const { done, value } = await reader.read().catch((error) => {
        throw signal.aborted ? signal.reason : cut(error);
      }).finally(() => clearTimeout(timer));
      signal.throwIfAborted();
      if (done) return;
      const taken = take(value);
      if (taken) await taken;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

/** The error of a body that ends too early. */
export function cut(cause?: unknown): PawlError {
  return new PawlError("network", "The connection broke before the whole file had come.", { cause });
}

const silent = () => new PawlError("stalled", "No byte came for too long. Check the connection.");
