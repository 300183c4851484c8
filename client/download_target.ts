/** Where a download goes, seen from the transfer: bytes come in order, and what is there can be gone on with. */
import { PawlError } from "./errors.ts";
import type { Bytes } from "./read_body.ts";
import type { RemoteFacts, Validators } from "./remote_file.ts";
import type { FileHandleLike, FileWritableLike } from "./download_types.ts";

/** What an earlier run has left. */
export interface Saved extends Validators {
  /** Bytes from the file's start. */
  size: number;
}

export interface DownloadTarget {
  /** What is there already and whose it is; null for nothing. Asked before the first request. */
  saved(): Promise<Saved | null>;
  /** Called with the server's facts before the first byte; `size` bytes are gone on with. Gives what really is there. */
  begin(facts: RemoteFacts, size: number): Promise<number>;
  /** What is there already, for its digest. */
  read(size: number): AsyncIterable<Bytes>;
  write(bytes: Bytes): Promise<void>;
  /** Everything is there and right. Gives its path, null without one. */
  finish(): Promise<string | null>;
  /** Forgets what has been written. Throws `download-changed` when that cannot be done. */
  restart(): Promise<void>;
  /** The transfer has ended before its end; what was written stays. */
  keep(reason: unknown): Promise<void>;
  /** Likewise, and what was written goes. */
  discard(reason: unknown): Promise<void>;
}

/** The error of a place that does not take what is written. */
export function destinationError(cause: unknown): PawlError {
  if (cause instanceof PawlError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PawlError("destination", `What was fetched cannot be written: ${reason}`, { cause });
}

async function* nothing(): AsyncGenerator<Bytes, void> {}

/** In order, once: what has been given out cannot be taken back. `onGone`: nobody takes it any more. */
export function streamTarget(stream: WritableStream<Uint8Array>, onGone?: () => void): DownloadTarget {
  const writer = stream.getWriter();
  writer.closed.catch(() => onGone?.());
  let written = false;
  return {
    saved: () => Promise.resolve(null),
    begin: () => Promise.resolve(0),
    read: nothing,
    async write(bytes) {
      written = true;
      await writer.ready.catch((error) => {
        throw destinationError(error);
      });
      await writer.write(bytes).catch((error) => {
        throw destinationError(error);
      });
    },
    async finish() {
      await writer.close().catch((error) => {
        throw destinationError(error);
      });
      return null;
    },
    restart() {
      return written
        ? Promise.reject(
          new PawlError("download-changed", "The file at the server was changed while it was being fetched."),
        )
        : Promise.resolve();
    },
    keep: (reason) => writer.abort(reason).catch(() => {}),
    discard: (reason) => writer.abort(reason).catch(() => {}),
  };
}

/** A file of the browser's. What is written becomes visible when it is closed. */
export function handleTarget(handle: FileHandleLike, etag: string | undefined): DownloadTarget {
  let writable: FileWritableLike | null = null;
  let position = 0;

  async function open(keepExistingData: boolean) {
    try {
      return await handle.createWritable({ keepExistingData });
    } catch (cause) {
      throw destinationError(cause);
    }
  }

  return {
    async saved() {
      if (etag === undefined) return null;
      const { size } = await handle.getFile();
      return size > 0 ? { size, etag, lastModified: null } : null;
    },
    async begin(_facts, size) {
      writable = await open(size > 0);
      if (size > 0) await writable.truncate(size);
      return position = size;
    },
    async *read(size) {
      const file = (await handle.getFile()).slice(0, size);
      for (let start = 0; start < size; start += 1024 * 1024) {
        yield new Uint8Array(await file.slice(start, start + 1024 * 1024).arrayBuffer());
      }
    },
    async write(bytes) {
      try {
        await writable!.write({ type: "write", position, data: bytes });
      } catch (cause) {
        throw destinationError(cause);
      }
      position += bytes.length;
    },
    async finish() {
      try {
        await writable!.close();
      } catch (cause) {
        throw destinationError(cause);
      }
      return null;
    },
    async restart() {
      position = 0;
      await writable?.truncate(0);
      await writable?.close();
      writable = null;
    },
    async keep() {
      await writable?.close().catch(() => {});
    },
    async discard(reason) {
      await (writable?.abort?.(reason) ?? writable?.close())?.catch(() => {});
    },
  };
}
