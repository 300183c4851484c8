/** Which chunks an upload takes: where they lie, how large and how many they are. */
import type { Core } from "../core.ts";
import { rulesOf, tooLarge } from "../file_rules.ts";
import type { UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import type { LiveUpload } from "./live.ts";

/** Where the chunk may lie; its end is the farthest possible one when the length is unknown. */
export function chunkRange(
  core: Core,
  record: UploadRecord,
  { offset, length }: { offset: number; length: number | null },
): { start: number; end: number } {
  const { max } = core.config.chunks;
  if (length === 0) throw new Problem("chunk-too-small", "The body is empty. Send at least one byte.");
  const bound = sizeBound(core, record);
  if (offset >= bound) throw outside(record, `Offset ${offset} is not inside the file`, bound);
  if (length === null) return { start: offset, end: Math.min(offset + max, bound) };
  if (length > max) {
    throw new Problem(
      "chunk-too-large",
      `The chunk has ${length} bytes; ${max} are allowed. Send it in smaller chunks.`,
      {
        extra: { maxChunkSize: max },
      },
    );
  }
  if (offset + length > bound) throw outside(record, `The chunk ends at ${offset + length}`, bound);
  return { start: offset, end: offset + length };
}

/** Bytes that the file may have at most: its length, or what its type takes while that is not known. */
export function sizeBound({ config }: Core, { size, businessType }: UploadRecord): number {
  return size ?? rulesOf(config, businessType).maxBytes;
}

function outside({ size, businessType }: UploadRecord, what: string, bound: number): Problem {
  if (size === null) return tooLarge({ businessType, maxBytes: bound });
  return new Problem("chunk-out-of-range", `${what}; the file has ${bound} bytes.`);
}

interface Chunk {
  record: UploadRecord;
  upload: LiveUpload;
  /** Bytes from the file's start; `end` is exclusive. */
  start: number;
  end: number;
}

/** Throws `chunk-too-small` or `too-many-chunks`: the minimum, and a limit where it does not hold, bound the records. */
export function requireRoom(core: Core, chunk: Chunk): void {
  requireMinimum(core, chunk);
  if (!isFull(core, chunk) || bringsToAnEnd(core, chunk)) return;
  const { min } = core.config.chunks;
  throw new Problem(
    "too-many-chunks",
    `This upload came in more pieces than it may. Send whole gaps, or chunks of at least ${min} bytes.`,
  );
}

/** Whether only chunks that bring the upload to its end are taken any more, and those only whole. */
export function isFull({ config }: Core, { record, upload }: Pick<Chunk, "record" | "upload">): boolean {
  const size = record.size ?? upload.received.bytes;
  return upload.chunks >= 2 * Math.ceil(size / config.chunks.min) + 1000;
}

/** Of such chunks there is only so many more: large ones, and those that fill a gap whole or hold nothing new. */
function bringsToAnEnd({ config }: Core, { upload: { received }, start, end }: Chunk): boolean {
  if (end - start >= config.chunks.min || received.split(start, end).every((piece) => piece.recorded)) {
    return true;
  }
  return (start === 0 || received.covers(start - 1)) && received.covers(end);
}

/**
 * Throws `chunk-too-small` unless the chunk ends at the file's end (any may, while that is not known) or at a
 * recorded byte, or holds nothing new.
 */
function requireMinimum(core: Core, { record, upload, start, end }: Chunk): void {
  const { min } = core.config.chunks;
  if (end - start >= min || end === (record.size ?? end) || upload.received.covers(end)) return;
  if (upload.received.split(start, end).every((piece) => piece.recorded)) return;
  throw new Problem(
    "chunk-too-small",
    `The chunk has ${
      end - start
    } bytes; at least ${min} are needed unless it ends at the file's end or where received bytes begin.`,
    { extra: { minChunkSize: min } },
  );
}
