/** Uploads made of other uploads: a final one lists the bytes of its parts in order, and copies none. */
import type { Core } from "../core.ts";
import type { Caller } from "../model.ts";
import type { BeginRequest } from "./begin.ts";
import type { UploadState } from "./state.ts";

/** Parts of one final upload: each is a file of its own, held open while the whole is read. */
export const MAX_PARTS = 100;

export interface FinalRequest extends Omit<BeginRequest, "size" | "partial" | "first"> {
  /** Ids of partial uploads in their order; one may come twice. They may still be unfinished. */
  parts: string[];
  /** The list as the client wrote it, given back as it is. */
  header: string;
}

/**
 * Finished at once when all parts are whole, else as soon as the last one is. From here on the parts' bytes stay for
 * as long as the final upload or its file needs them, whatever becomes of the parts.
 *
 * Throws what `beginUpload` throws of a file; `not-found` for a part that is not there or not the caller's,
 * `invalid-request` for one that is no part, and for too many or none.
 */
export function beginFinal(_core: Core, _caller: Caller, _request: FinalRequest): Promise<UploadState> {
  return Promise.reject(new Error("not built yet"));
}
