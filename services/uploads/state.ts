/** An upload as the sequential protocols see it: one offset, and what it became. Looking at one finishes it when all its bytes are there. */
import type { Core } from "../core.ts";
import type { AttachmentRecord, Caller, UploadRecord } from "../model.ts";

export interface UploadState {
  /** As stored now. `status` is `completed` exactly when `attachment` is there. */
  record: UploadRecord;
  /** Where the next append starts: the end of the contiguous, recorded front. null: a final upload that is not finished. */
  offset: number | null;
  /** Bytes of the whole; null while nobody has said it. Of a final upload the sum of its parts, once all are known. */
  size: number | null;
  /** Ms since 1970; null when the upload does not expire any more. */
  expiresAt: number | null;
  /** What the upload became; null while bytes are missing, for parts, and while finishing goes on in the background. */
  attachment: AttachmentRecord | null;
}

/**
 * For HEAD. Asks running appends to make count what they have, so that the offset is taken by the next append if
 * nothing more comes meanwhile; finishes what is whole. Throws `not-found`, `upload-expired`, `upload-cancelled`,
 * `upload-failed` (also when finishing shows that the bytes are not those declared).
 */
export function showState(_core: Core, _caller: Caller, _id: string): Promise<UploadState> {
  return Promise.reject(new Error("not built yet"));
}
