/** Reads a request body that may stall or break: `Deno.serve` itself has no timeouts. */
import { Problem } from "../../services/problem.ts";

export interface IdleBody {
  /**
   * The next bytes, null at the end.
   * Throws `Problem` `body-stalled` after `idleMs` without a byte, `body-incomplete` when the connection breaks.
   */
  read(): Promise<Uint8Array | null>;
  /** Stops reading and frees the body; a pending `read` resolves with null. Never throws. */
  cancel(): void;
}

export interface IdleBodyOptions {
  /** Milliseconds without a byte, counted while a `read` is pending. */
  idleMs: number;
  /** Read at most so many at once; what the runtime likes when absent. */
  bytes?: number;
}

/** Takes over `body`: the caller reads it to its end or cancels it. */
export function openBody(body: ReadableStream<Uint8Array>, { idleMs, bytes }: IdleBodyOptions): IdleBody {
  const reader = readerOf(body, bytes);
  return {
    async read() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const stalled = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(stall(idleMs)), idleMs);
      });
      try {
        const { done, value } = await Promise.race([reader.next().catch(broken), stalled]);
        return done ? null : value;
      } finally {
        clearTimeout(timer);
      }
    },
    cancel() {
      // A body that is broken already rejects here, and there is nobody left to tell.
      reader.cancel().catch(() => {});
    },
  };
}

interface Reader {
  next(): Promise<ReadableStreamReadResult<Uint8Array>>;
  cancel(): Promise<void>;
}

function readerOf(body: ReadableStream<Uint8Array>, bytes: number | undefined): Reader {
  if (bytes !== undefined) {
    try {
      return copyingReader(body.getReader({ mode: "byob" }), new ArrayBuffer(bytes));
    } catch (error) {
      // Not a byte stream.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  const reader = body.getReader();
  return { next: () => reader.read(), cancel: () => reader.cancel() };
}

/** Copies are as large as what came; the buffer is used again. */
function copyingReader(reader: ReadableStreamBYOBReader, buffer: ArrayBuffer): Reader {
  return {
    async next() {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return { done, value: undefined };
      buffer = value.buffer as ArrayBuffer;
      return { done, value: value.slice() };
    },
    cancel: () => reader.cancel(),
  };
}

function stall(idleMs: number): Problem {
  return new Problem("body-stalled", `No byte arrived for ${idleMs / 1000} seconds. Send the request again.`);
}

function broken(cause: unknown): never {
  throw new Problem("body-incomplete", "The connection broke before the body was complete. Send it again.", {
    cause,
  });
}
