/** The three streams of a command: results go to `stdout`, all that is said to the person to `stderr`. */
import type { Readable, Writable } from "node:stream";

export type TerminalStream = Writable & {
  isTTY?: boolean;
  /** Characters a line; undefined or 0 when it is no terminal, or one that does not say. */
  columns?: number;
  rows?: number;
};

export interface Terminal {
  stdin: Readable & { isTTY?: boolean };
  stdout: TerminalStream;
  stderr: TerminalStream;
}

/**
 * Resolves when the stream has passed it on, so that nothing piles up before a slow reader; rejects with the signal's
 * reason when that comes first.
 */
export function write(stream: Writable, data: string | Uint8Array, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal!.reason);
    signal?.addEventListener("abort", stop, { once: true });
    stream.write(data, (error) => {
      signal?.removeEventListener("abort", stop);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Characters a line: what the terminal says, else 80. */
export function columnsOf({ columns }: TerminalStream): number {
  return columns && columns > 0 ? columns : 80;
}

export function rowsOf({ rows }: TerminalStream): number {
  return rows && rows > 0 ? rows : 24;
}
