/** Which chunks an upload takes: where they lie, how large and how many they are. */
import type { Core } from "../core.ts";
import type { UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import type { Claim } from "./claims.ts";
import type { LiveUpload } from "./live.ts";

/** Where the chunk may lie; its end is the farthest possible one when the length is unknown. */
export function chunkRange(
  core: Core,
  record: UploadRecord,
  { offset, length }: { offset: number; length: number | null },
): { start: number; end: number } {
  const { max } = core.config.chunks;
  if (length === 0) throw new Problem("chunk-too-small", "The body is empty. Send at least one byte.");
  if (offset >= record.size) {
    throw new Problem(
      "chunk-out-of-range",
      `Offset ${offset} is not inside the file, which has ${record.size} bytes.`,
    );
  }
  if (length === null) return { start: offset, end: Math.min(offset + max, record.size) };
  if (length > max) {
    throw new Problem(
      "chunk-too-large",
      `The chunk has ${length} bytes; ${max} are allowed. Send it in smaller chunks.`,
      {
        extra: { maxChunkSize: max },
      },
    );
  }
  if (offset + length > record.size) {
    throw new Problem(
      "chunk-out-of-range",
      `The chunk ends at ${offset + length}, behind the file's end at ${record.size}.`,
    );
  }
  return { start: offset, end: offset + length };
}

interface Room {
  record: UploadRecord;
  upload: LiveUpload;
  claim: Claim;
  length: number | null;
}

/** The minimum keeps the number of records in bounds; so does the limit where it does not hold. */
export function requireRoom(core: Core, { record, upload, claim, length }: Room): void {
  const { min } = core.config.chunks;
  if (length !== null) requireMinimum(core, { record, upload, start: claim.start, end: claim.end });
  const most = 2 * Math.ceil(record.size / min) + 1000;
  if (upload.chunks >= most) {
    throw new Problem(
      "too-many-chunks",
      `This upload came in more than ${most} pieces. Open a new one and send larger chunks.`,
    );
  }
}

/** Throws `chunk-too-small` unless the chunk ends at the file's end or at a recorded byte, or holds nothing new. */
export function requireMinimum(
  core: Core,
  { record, upload, start, end }: { record: UploadRecord; upload: LiveUpload; start: number; end: number },
): void {
  const { min } = core.config.chunks;
  if (end - start >= min || end === record.size || upload.received.covers(end)) return;
  if (upload.received.split(start, end).every((piece) => piece.recorded)) return;
  throw new Problem(
    "chunk-too-small",
    `The chunk has ${
      end - start
    } bytes; at least ${min} are needed unless it ends at the file's end or where received bytes begin.`,
    { extra: { minChunkSize: min } },
  );
}
