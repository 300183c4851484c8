/** Looking at sessions: one, the caller's open ones, and the chunks of one. */
import type { Core } from "../core.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Caller, Span, UploadRecord, UploadStatus } from "../model.ts";
import { keys } from "../records/keys.ts";
import type { ChunkRecord } from "../records/uploads.ts";
import { endedProblem, expiresAt, findUpload, isOver, requireFresh } from "./find.ts";
import type { LiveUpload } from "./live.ts";
import { openPage } from "./open_page.ts";

/** A session with what the process knows of it. Times are ms since 1970. */
export interface UploadView extends Omit<UploadRecord, "status"> {
  status: UploadStatus;
  received: Span[];
  receivedBytes: number;
  /** Indexes of the slots of `chunkSize` that are whole. */
  uploadedChunkIndexes: number[];
  expiresAt: number;
}

export interface ListPage<T> {
  items: T[];
  /** To be sent for the next page; null at the end. */
  cursor: string | null;
}

/** The session. Throws what became of it when it was cancelled, failed or expired. */
export async function showUpload(core: Core, caller: Caller, id: string): Promise<UploadView> {
  const record = await findUpload(core, caller, { id, action: "upload.see" });
  return await describeUpload(core, record);
}

export async function describeUpload(core: Core, record: UploadRecord): Promise<UploadView> {
  const { size, chunkSize } = record;
  if (record.status === "completed") {
    const whole = size ?? 0;
    return {
      ...record,
      received: whole === 0 ? [] : [{ offset: 0, size: whole }],
      receivedBytes: whole,
      uploadedChunkIndexes: Array.from({ length: Math.ceil(whole / chunkSize) }, (_, index) => index),
      expiresAt: record.endedAt! + core.config.sessions.keepEndedDays * 86_400_000,
    };
  }
  if (record.status !== "uploading") throw endedProblem(record);
  using lease = await core.live.open(record);
  requireFresh(core, lease.upload);
  return viewOpen(core, record, lease.upload);
}

/** Of a session that is open and not over. */
export function viewOpen(core: Core, record: UploadRecord, upload: LiveUpload): UploadView {
  const { size, chunkSize } = record;
  return {
    ...record,
    status: upload.finishing ? "completing" : "uploading",
    received: upload.received.spans(),
    receivedBytes: upload.received.bytes,
    uploadedChunkIndexes: upload.received.wholeSlots(size ?? Infinity, chunkSize),
    expiresAt: expiresAt(core, upload),
  };
}

/** The caller's open sessions, newest first. A page may be short and still have a cursor. */
export async function listUploads(
  core: Core,
  caller: Caller,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<ListPage<UploadView>> {
  const prefix = keys.uploadsByOwner(caller.id);
  const before = cursor === undefined ? undefined : decodeCursor(cursor, ["number", "string"]);
  const found = await core.records.page(prefix, {
    limit: limit + 1,
    reverse: true,
    ...(before && { before: [...prefix, ...before] }),
  });
  return await openPage(core, {
    rows: found.map(({ key }) => ({
      id: key.at(-1) as string,
      cursor: key.slice(prefix.length) as string[],
    })),
    limit,
    describe: (record, upload) => isOver(core, upload) ? null : viewOpen(core, record, upload),
    entriesOf: ({ received, uploadedChunkIndexes }) => received.length + uploadedChunkIndexes.length,
  });
}

export interface ChunkView extends Span {
  /** Lower-case hex. */
  sha256: string;
}

/** The recorded chunks by offset, so that a client can compare its file before it skips them. */
export async function listChunks(
  core: Core,
  caller: Caller,
  { id, limit, cursor }: { id: string; limit: number; cursor?: string | undefined },
): Promise<ListPage<ChunkView>> {
  const record = await findUpload(core, caller, { id, action: "upload.see" });
  if (record.status !== "uploading") throw endedProblem(record);
  using lease = await core.live.open(record);
  requireFresh(core, lease.upload);
  const prefix = keys.uploadChunks(id);
  const after = cursor === undefined ? undefined : decodeCursor(cursor, ["number"]);
  const page = await core.records.page<ChunkRecord>(prefix, {
    limit,
    ...(after && { after: [...prefix, ...after] }),
  });
  return {
    items: page.map(({ key, value }) => ({
      offset: key.at(-1) as number,
      size: value.size,
      sha256: value.sha256,
    })),
    cursor: page.length < limit ? null : encodeCursor(page.at(-1)!.key.slice(prefix.length)),
  };
}
