/** Makes written stretches count: one commit, after their bytes are on stable storage. */
import type { Core } from "../core.ts";
import type { UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { ACTIVITY_EVERY_MS, type ActivityRecord, type ChunkRecord } from "../records/uploads.ts";
import { requireUploading } from "./find.ts";
import type { LiveUpload } from "./live.ts";

/** Checks of a commit are ten at the most: nine chunks and the session. */
const CHUNKS_PER_COMMIT = 9;

export interface WrittenChunk {
  offset: number;
  size: number;
  sha256: string;
}

/**
 * Records `chunks` of the request `writer`, or makes longer those that it recorded before, and lets the hash run
 * ahead. The bytes are synced before. Throws what became of the session when it is no longer open.
 */
export async function recordChunks(
  core: Core,
  upload: LiveUpload,
  { chunks, writer, blobId }: { chunks: WrittenChunk[]; writer: string; blobId: string },
): Promise<void> {
  for (let at = 0; at < chunks.length; at += CHUNKS_PER_COMMIT) {
    await recordGroup(core, upload, { chunks: chunks.slice(at, at + CHUNKS_PER_COMMIT), writer });
  }
  core.blobs.hashAhead(blobId, upload.received.front);
}

async function recordGroup(
  core: Core,
  upload: LiveUpload,
  { chunks, writer }: { chunks: WrittenChunk[]; writer: string },
): Promise<void> {
  const { id } = upload;
  const now = core.now();
  const storesActivity = now - upload.storedProgressAt >= ACTIVITY_EVERY_MS;
  const chunkKeys = chunks.map(({ offset }) => keys.uploadChunk(id, offset));

  const added = await core.records.transact(async (commit) => {
    const [session, ...entries] = await core.records.getMany<UploadRecord | ChunkRecord>([
      keys.upload(id),
      ...chunkKeys,
    ]);
    requireUploading(session!.value as UploadRecord | null);
    commit.check(session!);
    entries.forEach((entry, index) => {
      const before = entry.value as ChunkRecord | null;
      // The claim excludes other writers; this is the second bar.
      if (before && before.writer !== writer) throw alreadyRecorded(chunks[index]!);
      const { size, sha256 } = chunks[index]!;
      commit.check(entry).set(entry.key, { size, sha256, writer } satisfies ChunkRecord);
    });
    if (storesActivity) commit.set(keys.uploadActivity(id), { at: now } satisfies ActivityRecord);
    return entries.filter((entry) => entry.value === null).length;
  }).catch((error) => {
    upload.doubts++; // Its answer may be all that is missing.
    throw error;
  });

  upload.chunks += added;
  upload.lastProgressAt = Math.max(upload.lastProgressAt, now);
  if (storesActivity) upload.storedProgressAt = now;
  for (const { offset, size } of chunks) upload.received.add(offset, offset + size);
}

function alreadyRecorded({ offset }: WrittenChunk): Problem {
  return new Problem(
    "superseded",
    `Bytes from ${offset} on were recorded by another request. Ask what is missing and go on there.`,
  );
}
