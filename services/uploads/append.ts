/** Appends a body at the end of an upload's contiguous front: what sequential protocols do. */
import type { Core } from "../core.ts";
import type { Caller } from "../model.ts";
import type { ContentDigests } from "./digest_check.ts";
import type { UploadState } from "./state.ts";

export interface AppendRequest {
  /** Bytes from the file's start; must be the upload's true offset. */
  offset: number;
  /** Bytes of the body, 0 without one; null when it was sent without a length. */
  length: number | null;
  /** Of this body. With one all of the body counts or nothing; without, what safely arrived counts even when it breaks. */
  digests: ContentDigests;
  /** null: there is none. */
  body: ReadableStream<Uint8Array> | null;
  /** The whole file's length in bytes, when this request says it. */
  size?: number | null;
  /** The file ends where this body ends: says its length, at the latest when the body has come. */
  last?: boolean;
}

/**
 * Always takes over from an older request that writes there: that one is told to stop (`superseded`), and its last
 * write has settled before the offset is compared. Resolves when the bytes are on stable storage and recorded, and
 * the upload is finished if that were all.
 *
 * Throws `offset-mismatch` (`extra.expectedOffset` is the true one, `extra.providedOffset` the one sent; nothing has
 * changed), `inconsistent-length` (a length that contradicts the one known, or what has been received),
 * `body-too-large` (more bytes than the file has; none beyond is stored), `file-too-large` (more than its type may
 * have), `digest-mismatch` (of this body: nothing of it is kept), `upload-failed` (the whole is not what was
 * declared; the upload has ended), `forbidden` (a final upload takes no bytes), `body-incomplete`, `body-stalled`,
 * `superseded`, and what has become of an upload that ended. To one that is complete, an empty body at its end is
 * harmless and gives its state again.
 */
export function appendToUpload(
  _core: Core,
  _caller: Caller,
  _of: { id: string; append: AppendRequest },
): Promise<UploadState> {
  return Promise.reject(new Error("not built yet"));
}
