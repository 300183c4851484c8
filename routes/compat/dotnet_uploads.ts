/** What system A's requests come to: sessions under its clients' ids, chunks by offset or by number, the merge. */
import { changeAttachment } from "../../services/attachments/attachments.ts";
import type { WaitingChunk } from "../../services/uploads/waiting_chunks.ts";
import type { Core } from "../../services/core.ts";
import { checkFileName } from "../../services/file_name.ts";
import type { AttachmentRecord, Caller, Span, UploadRecord } from "../../services/model.ts";
import { refusal } from "../../services/policy.ts";
import { Problem } from "../../services/problem.ts";
import { findByClientId, sayLength } from "../../services/uploads/client_ids.ts";
import type { ContentDigests } from "../../services/uploads/digest_check.ts";
import { cancelUpload } from "../../services/uploads/end.ts";
import { attachmentOf } from "../../services/uploads/finish.ts";
import { openUpload } from "../../services/uploads/open_upload.ts";
import { describeUpload, listChunks } from "../../services/uploads/sessions.ts";
import { storeFile } from "../../services/uploads/whole_file.ts";
import { writeChunk } from "../../services/uploads/write_chunk.ts";
import { completeAndWait } from "./merge.ts";

/** Bytes of each chunk of the first version but the last. */
const NUMBERED_SIZE = 2 ** 20;
const MAX_NUMBERED = 1_000_000;
/** Sizes are 32-bit numbers there. */
const MAX_RANGE = 2 ** 31 - 1;
const CHUNKS_PER_PAGE = 1000;
/** Its client waits for the merge as long as it takes. */
const MERGE_SECONDS = 600;
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Only such an id says what the content is. */
function digestOf(fileId: string): string | null {
  return /^[0-9a-f]{64}$/i.test(fileId) ? fileId.toLowerCase() : null;
}

export interface OffsetChunk {
  fileId: string;
  fileName: string;
  fileSize: number;
  chunkOffset: number;
  chunkSize: number;
  /** MD5, hexadecimal; empty: none. */
  chunkHash?: string | undefined;
  body: ReadableStream<Uint8Array>;
}

/** Throws `digest-mismatch` when the chunk is not what its hash says; nothing of it is kept then. */
export async function writeOffset(
  core: Core,
  caller: Caller,
  { fileId, fileName, fileSize, chunkOffset, chunkSize, chunkHash, body }: OffsetChunk,
): Promise<{ completed: boolean }> {
  const { id } = await openSession(core, caller, { fileId, fileName, size: fileSize, totalChunks: null });
  const digests: ContentDigests = chunkHash ? { md5: chunkHash.toLowerCase() } : {};
  const chunk = { offset: chunkOffset, length: chunkSize, digests, body };
  const { receivedBytes, size } = await writeChunk(core, caller, { id, chunk });
  return { completed: receivedBytes === size };
}

export interface NumberedChunk {
  fileId: string;
  fileName: string;
  chunkNumber: number;
  totalChunks: number;
  spooled: WaitingChunk;
}

/** Finishes the file with the chunk that makes the set whole, whichever it is. */
export async function writeNumbered(
  core: Core,
  caller: Caller,
  { fileId, fileName, chunkNumber, totalChunks, spooled }: NumberedChunk,
): Promise<{ message: string; chunkNumber?: number; fileName?: string }> {
  requireNumber({ chunkNumber, totalChunks, size: spooled.size });
  const { id } = await openSession(core, caller, { fileId, fileName, size: null, totalChunks });
  const offset = chunkNumber * NUMBERED_SIZE;
  // Before its bytes, so that a start after a crash finds the file whole.
  if (chunkNumber === totalChunks - 1) await sayLength(core, caller, { id, size: offset + spooled.size });
  const { size: length, sha256 } = spooled;
  await writeChunk(core, caller, {
    id,
    chunk: { offset, length, digests: { sha256 }, body: spooled.stream() },
  });
  if (!await mergeWhole(core, caller, { id, fileId })) return { message: "Chunk uploaded", chunkNumber };
  return { message: "Upload complete", fileName };
}

function requireNumber(
  { chunkNumber, totalChunks, size }: { chunkNumber: number; totalChunks: number; size: number },
): void {
  if (chunkNumber >= totalChunks || totalChunks > MAX_NUMBERED) {
    throw new Problem(
      "chunk-out-of-range",
      `Chunk ${chunkNumber} of ${totalChunks}: numbers begin at 0, and there may be ${MAX_NUMBERED} chunks.`,
    );
  }
  const isLast = chunkNumber === totalChunks - 1;
  if (size === 0) throw new Problem("chunk-too-small", "The chunk is empty. Send at least one byte.");
  if (isLast ? size <= NUMBERED_SIZE : size === NUMBERED_SIZE) return;
  throw new Problem(
    size < NUMBERED_SIZE ? "chunk-too-small" : "chunk-too-large",
    `Chunk ${chunkNumber} has ${size} bytes; numbered chunks have ${NUMBERED_SIZE}, only the last may have fewer.`,
  );
}

async function openSession(
  core: Core,
  caller: Caller,
  { fileId, fileName, size, totalChunks }: {
    fileId: string;
    fileName: string;
    size: number | null;
    totalChunks: number | null;
  },
): Promise<UploadRecord> {
  const opened = await openUpload(core, caller, {
    fileName,
    size,
    sha256: digestOf(fileId) ?? undefined,
    clientId: { id: fileId, totalChunks },
    instant: false,
  });
  if (opened.kind === "instant") throw new TypeError("an instant upload that was not asked for");
  return opened.upload;
}

/** Whether the file is there now. Of several requests that ask at once one does the work. */
async function mergeWhole(
  core: Core,
  caller: Caller,
  { id, fileId }: { id: string; fileId: string },
): Promise<boolean> {
  return await core.inTurn(`merge ${id}`, async () => {
    const record = await findByClientId(core, caller, fileId);
    if (record?.id !== id) return false;
    if (record.status !== "uploading" && record.status !== "completed") return false;
    const { receivedBytes, size } = await describeUpload(core, record);
    if (receivedBytes !== size) return false;
    await completeAndWait(core, caller, { id, sha256: digestOf(fileId), seconds: MERGE_SECONDS });
    return true;
  });
}

export type UploadStatus = { uploadedChunks: Span[] } | number[];

/** In the form of the version that the session was opened by; of what is not known in that of the second. */
export async function uploadStatus(core: Core, caller: Caller, fileId: string): Promise<UploadStatus> {
  const record = await findByClientId(core, caller, fileId);
  const totalChunks = record?.clientId?.totalChunks ?? null;
  if (record?.status === "uploading") {
    try {
      if (totalChunks === null) return { uploadedChunks: await sentRanges(core, caller, record.id) };
      const numbers = await wholeNumbers(core, record, totalChunks);
      // Its client sends nothing more then, and asks for no merge.
      if (numbers.length === totalChunks) await mergeWhole(core, caller, { id: record.id, fileId });
      return numbers;
    } catch (error) {
      // It expired, or failed or ended just now: the file is sent anew.
      if (!(error instanceof Problem) || error.status >= 500) throw error;
    }
  }
  if (totalChunks !== null) return [];
  const file = record && await finishedFile(core, record, fileId);
  return { uploadedChunks: file ? cut({ offset: 0, size: file.size }) : [] };
}

async function sentRanges(core: Core, caller: Caller, id: string): Promise<Span[]> {
  const ranges: Span[] = [];
  let cursor: string | undefined;
  do {
    const page = await listChunks(core, caller, { id, limit: CHUNKS_PER_PAGE, cursor });
    for (const { offset, size } of page.items) ranges.push(...cut({ offset, size }));
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
  return ranges;
}

function cut({ offset, size }: Span): Span[] {
  const pieces: Span[] = [];
  for (let at = 0; at < size; at += MAX_RANGE) {
    pieces.push({ offset: offset + at, size: Math.min(MAX_RANGE, size - at) });
  }
  return pieces;
}

async function wholeNumbers(core: Core, record: UploadRecord, totalChunks: number): Promise<number[]> {
  const { received } = await describeUpload(core, record);
  const last = (totalChunks - 1) * NUMBERED_SIZE;
  return received.flatMap(({ offset, size }) => {
    const first = Math.ceil(offset / NUMBERED_SIZE);
    const end = offset + size;
    // The last one is written whole or not at all.
    const behind = end > last ? totalChunks : Math.floor(end / NUMBERED_SIZE);
    return Array.from({ length: Math.max(0, behind - first) }, (_, index) => first + index);
  });
}

/** What the session became, when its id says the content and the file is not in the recycle bin: nothing is to be sent again. */
async function finishedFile(
  core: Core,
  { status, attachmentId }: UploadRecord,
  fileId: string,
): Promise<AttachmentRecord | null> {
  if (status !== "completed" || digestOf(fileId) === null || !core.config.dedupe.enabled) return null;
  const file = await attachmentOf(core, attachmentId!).catch((error) => {
    if (error instanceof Problem && error.code === "not-found") return null;
    throw error;
  });
  return file && file.deletedAt === null && file.sourceSha256 === digestOf(fileId) ? file : null;
}

/** Throws `digest-mismatch` when the content is not what the id says: the upload has failed then, its bytes are gone. */
export async function mergeChunks(
  core: Core,
  caller: Caller,
  { fileId, fileName: given }: { fileId: string; fileName: string },
): Promise<void> {
  // As it is stored, so that a merge that is asked for again finds its own file.
  const fileName = checkFileName(given);
  const record = await findByClientId(core, caller, fileId);
  const finished = record && await finishedFile(core, record, fileId);
  if (finished) {
    if (finished.fileName !== fileName) await copy(core, caller, { finished, fileName });
    return;
  }
  if (!record) {
    if (fileId.toLowerCase() !== EMPTY_SHA256) throw refusal(caller);
    // Of an empty file there is no chunk.
    const file = { length: 0, digests: {}, body: new Blob([]).stream() };
    await storeFile(core, caller, { file, request: { fileName } });
    return;
  }
  const { id } = record;
  const file = await completeAndWait(core, caller, { id, sha256: digestOf(fileId), seconds: MERGE_SECONDS });
  if (file.deletedAt !== null) throw refusal(caller); // Sent again, it is there again.
  if (file.fileName !== fileName) await changeAttachment(core, caller, { id: file.id, change: { fileName } });
}

/** The same content under another name: nothing was sent again. */
async function copy(
  core: Core,
  caller: Caller,
  { finished, fileName }: { finished: AttachmentRecord; fileName: string },
): Promise<void> {
  const { sourceSha256: sha256, sourceSize, size } = finished;
  const opened = await openUpload(core, caller, { fileName, size: sourceSize ?? size, sha256 });
  if (opened.kind === "instant") return;
  await cancelUpload(core, caller, opened.upload.id);
  throw new Problem("upload-incomplete", "The bytes of this file are not here any more. Send it again.");
}
