/** Makes written stretches count: one commit, after their bytes are on stable storage. */
import type { Actor } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import type { UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import {
  ACTIVITY_EVERY_MS,
  type ActivityRecord,
  type ChunkRecord,
  createUpload,
} from "../records/uploads.ts";
import { auditOpening } from "./draft.ts";
import { firstLook, requireUploading } from "./find.ts";
import type { LiveUpload } from "./live.ts";

/** Checks of a commit are ten at the most: eight chunks, the session, and what is counted of it. */
const CHUNKS_PER_COMMIT = 8;

export interface WrittenChunk {
  offset: number;
  size: number;
  sha256: string;
  /** Only the writer that a record names may make it longer. */
  writer: string;
}

/** A session that is not stored yet, and who opens it. */
export interface Unstored {
  draft: UploadRecord;
  actor: Actor;
}

/**
 * Records `chunks`, or makes longer those that their writers recorded before. The bytes are synced before. With
 * `unstored` the first commit stores the session too. Throws what became of the session when
 * it is no longer open.
 */
export async function recordChunks(
  core: Core,
  upload: LiveUpload,
  { chunks, unstored }: { chunks: WrittenChunk[]; unstored: Unstored | null },
): Promise<void> {
  for (let at = 0; at < chunks.length; at += CHUNKS_PER_COMMIT) {
    await recordGroup(core, upload, { chunks: chunks.slice(at, at + CHUNKS_PER_COMMIT), unstored });
  }
}

async function recordGroup(
  core: Core,
  upload: LiveUpload,
  { chunks, unstored }: { chunks: WrittenChunk[]; unstored: Unstored | null },
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
    const stored = session!.value as UploadRecord | null;
    if (unstored && !stored) {
      const { draft } = unstored;
      await core.limits.hold(commit, draft);
      createUpload(commit, draft, firstLook(core, draft));
      auditOpening(core, commit, unstored);
    } else {
      requireUploading(stored);
      requireInside(stored, chunks);
      commit.check(session!);
    }
    entries.forEach((entry, index) => {
      const before = entry.value as ChunkRecord | null;
      // The claim excludes other writers; this is the second bar.
      const { size, sha256, writer } = chunks[index]!;
      if (before && before.writer !== writer) throw alreadyRecorded(chunks[index]!);
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

/** The second bar, for a length that was said while these bytes came. */
function requireInside({ size }: UploadRecord, chunks: WrittenChunk[]): void {
  const end = Math.max(...chunks.map((chunk) => chunk.offset + chunk.size));
  if (size === null || end <= size) return;
  throw new Problem("inconsistent-length", `The upload ends at ${size}, but bytes came up to ${end}.`);
}

function alreadyRecorded({ offset }: WrittenChunk): Problem {
  return new Problem(
    "superseded",
    `Bytes from ${offset} on were recorded by another request. Ask what is missing and go on there.`,
  );
}
