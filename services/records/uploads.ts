/** Session records with their indexes. Each function adds to a commit; the caller checks the entry. */
import type { UploadRecord } from "../model.ts";
import { beginBlob } from "./blobs.ts";
import { keys } from "./keys.ts";

type Commit = Deno.AtomicOperation;

/** An acknowledged stretch; its offset is in the key. */
export interface ChunkRecord {
  size: number;
  /** Lower-case hex. */
  sha256: string;
  /** The request that wrote it: only that one may make it longer, and knows its own commit by it. */
  writer: string;
}

/** Progress is stored at most so often: what is stored may be that many ms behind. */
export const ACTIVITY_EVERY_MS = 60_000;

export interface ActivityRecord {
  /** Last progress, ms since 1970; up to `ACTIVITY_EVERY_MS` behind. */
  at: number;
}

/** The indexes by which an open session of known length is found again; a part or a final upload never is. They may outlive it: what they point to is looked at. */
export function findKeys(record: Omit<UploadRecord, "id">): Deno.KvKey[] {
  const { ownerId, sha256, fingerprint, size, businessType, concat, clientId } = record;
  const named = clientId ? [keys.uploadByClientId(ownerId, clientId.id)] : [];
  if (size === null || concat) return named;
  const of = { size, businessType };
  return [
    ...named,
    ...(sha256 === null ? [] : [keys.uploadBySha256(ownerId, sha256, of)]),
    ...(fingerprint === null ? [] : [keys.uploadByFingerprint(ownerId, fingerprint, of)]),
  ];
}

/** `lookAt` is when the expiry job first looks (ms since 1970). */
export function createUpload(commit: Commit, record: UploadRecord, lookAt: number): void {
  createFinal(commit, record, lookAt);
  for (const key of findKeys(record)) commit.set(key, record.id);
  beginBlob(commit, record.blobId);
}

/** A session that writes nothing itself; its blob is there already. */
export function createFinal(commit: Commit, record: UploadRecord, lookAt: number): void {
  commit
    .check({ key: keys.upload(record.id), versionstamp: null })
    .set(keys.upload(record.id), record)
    .set(keys.uploadByOwner(record.ownerId, record.createdAt, record.id), true)
    .set(keys.uploadByExpiry(lookAt, record.id), true);
}

/** Stores a session that begins and ends by this commit; `forgetAt` is when it answers no more (ms since 1970). */
export function createEnded(commit: Commit, record: UploadRecord, forgetAt: number): void {
  commit.set(keys.upload(record.id), record).set(keys.uploadByExpiry(forgetAt, record.id), true);
}

/** Ends the session; it answers for some days more. Its chunk records are deleted later, in batches. */
export function endUpload(
  commit: Commit,
  record: UploadRecord,
  end: Pick<UploadRecord, "status"> & Partial<Pick<UploadRecord, "attachmentId" | "failure">> & {
    endedAt: number;
  },
): void {
  commit
    .set(keys.upload(record.id), { ...record, ...end })
    .delete(keys.uploadByOwner(record.ownerId, record.createdAt, record.id))
    .delete(keys.uploadActivity(record.id))
    .set(keys.uploadLeftover(record.id), true);
}
