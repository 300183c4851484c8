/** Files by path, in Deno and Node. */
import type { RandomAccessSource } from "./upload_types.ts";

/** A file that is open for reading. Close it when its upload has ended. */
export interface OpenedFile extends RandomAccessSource, AsyncDisposable {
  readonly name: string;
  close(): Promise<void>;
}

/**
 * Opens a regular file for `upload`; changes to it while it is open are noticed. In Deno it needs read permission.
 * Throws `PawlError`: `source-unreadable` when it cannot be opened or is no file, `unsupported` in browsers.
 */
export function openFile(_path: string | URL): Promise<OpenedFile> {
  throw new Error("not written yet");
}
