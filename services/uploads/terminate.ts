/** Gives an upload up for good, finished or not: its address answers `upload-cancelled` from then on. */
import type { Core } from "../core.ts";
import type { Caller } from "../model.ts";

/**
 * Stops a running append, frees the bytes. The file of a finished upload goes to the recycle bin, where its owner can
 * still get it back. Throws `not-found`, and `upload-cancelled`, `upload-expired` or `upload-failed` when it had
 * ended before.
 */
export function terminateUpload(_core: Core, _caller: Caller, _id: string): Promise<void> {
  return Promise.reject(new Error("not built yet"));
}
