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

/** Takes over `body`: the caller reads it to its end or cancels it. `idleMs` counts while a `read` is pending. */
export function openBody(body: ReadableStream<Uint8Array>, idleMs: number): IdleBody {
  const reader = body.getReader();
  return {
    async read() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const stalled = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(stall(idleMs)), idleMs);
      });
      try {
        const { done, value } = await Promise.race([reader.read().catch(broken), stalled]);
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

function stall(idleMs: number): Problem {
  return new Problem("body-stalled", `No byte arrived for ${idleMs / 1000} seconds. Send the request again.`);
}

function broken(cause: unknown): never {
  throw new Problem("body-incomplete", "The connection broke before the body was complete. Send it again.", {
    cause,
  });
}
