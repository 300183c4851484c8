/** Blob records: who refers to stored bytes, and when the sweep may take them. Each function adds to a commit. */
import type { BlobRecord, Segment } from "../model.ts";
import { keys } from "./keys.ts";

type Commit = Deno.AtomicOperation;
type BlobEntry = Deno.KvEntryMaybe<BlobRecord>;

/** A blob that a session writes into. */
export function beginBlob(commit: Commit, id: string): void {
  commit.set(keys.blob(id), newBlob(id));
}

export function newBlob(id: string): BlobRecord {
  return {
    id,
    segments: [],
    size: 0,
    sha256: null,
    crc32: null,
    refs: 0,
    state: "uploading",
    sweepAt: null,
  };
}

/** Whether an attachment may be put on this blob. */
export function isUsable(blob: BlobRecord | null): blob is BlobRecord & { sha256: string; crc32: number } {
  return blob?.state === "live" || blob?.state === "condemned";
}

/** One reference more; a condemned blob lives again. */
export function referTo(commit: Commit, entry: BlobEntry): void {
  const blob = entry.value!;
  if (blob.sweepAt !== null) commit.delete(keys.blobSweep(blob.sweepAt, blob.id));
  commit.check(entry).set(entry.key, { ...blob, refs: blob.refs + 1, state: "live", sweepAt: null });
}

/**
 * A blob that will be made of bytes of `parts`, before anybody refers to it: the sweep takes it at `sweepAt` unless
 * `useMadeBlob` comes before.
 */
export function prepareMadeBlob(
  commit: Commit,
  { id, parts, sweepAt }: { id: string; parts: string[]; sweepAt: number },
): void {
  const blob: BlobRecord = { ...newBlob(id), parts, state: "condemned", sweepAt };
  commit.set(keys.blob(id), blob).set(keys.blobSweep(sweepAt, id), id);
}

/** A session now has the blob; it is no more for the sweep. */
export function useMadeBlob(commit: Commit, entry: BlobEntry): void {
  const blob = entry.value!;
  if (blob.sweepAt !== null) commit.delete(keys.blobSweep(blob.sweepAt, blob.id));
  commit.check(entry).set(entry.key, { ...blob, state: "uploading", sweepAt: null });
}

/** `user` will be made of bytes of this one, which stay for as long as it needs them. */
export function addUser(
  commit: Commit,
  part: BlobEntry,
  { user, uploadId }: { user: string; uploadId: string },
): void {
  const blob = part.value!;
  commit.check(part).set(part.key, { ...blob, refs: blob.refs + 1 }).set(
    keys.blobUser(blob.id, user),
    uploadId,
  );
}

/** The session that wrote a part has ended, but others are made of its bytes. */
export function sealPart(commit: Commit, blob: BlobRecord, segments: Segment[]): void {
  const size = segments.reduce((sum, { length }) => sum + length, 0);
  commit.set(keys.blob(blob.id), { ...blob, segments, size, state: "live" });
}

/** One reference less; the last one gone, the blob is condemned and waits for the sweep until `sweepAt`. */
export function release(commit: Commit, entry: BlobEntry, sweepAt: number): void {
  const blob = entry.value!;
  commit.check(entry);
  // While its session is open that one decides about its bytes.
  if (blob.refs > 1 || blob.state === "uploading") commit.set(entry.key, { ...blob, refs: blob.refs - 1 });
  else discard(commit, { ...blob, refs: 0 }, { state: "condemned", sweepAt });
}

/** Stands for a damaged blob, so that it is looked for equal bytes to put its attachments on. */
export interface DamagedRecord {
  /** The blob with equal bytes for which all attachments were looked at before; null: none. */
  triedWith: string | null;
}

const NOT_TRIED: DamagedRecord = { triedWith: null };

/** Its bytes are missing or other ones: nobody reads it or refers to it anew. The caller checks its entry. */
export function putDamaged(commit: Commit, blob: BlobRecord): void {
  commit.set(keys.blob(blob.id), { ...blob, state: "damaged" }).set(keys.blobDamaged(blob.id), NOT_TRIED);
}

/** Its bytes are right again. The caller checks its entry. */
export function putHealed(commit: Commit, blob: BlobRecord): void {
  commit.set(keys.blob(blob.id), { ...blob, state: "live" }).delete(keys.blobDamaged(blob.id));
}

/** Hands a blob to the sweep. The caller checks its entry. */
export function discard(
  commit: Commit,
  blob: BlobRecord,
  { state, sweepAt }: { state: "condemned" | "deleting"; sweepAt: number },
): void {
  if (blob.sweepAt !== null) commit.delete(keys.blobSweep(blob.sweepAt, blob.id));
  if (blob.state === "damaged") commit.delete(keys.blobDamaged(blob.id));
  commit.set(keys.blob(blob.id), { ...blob, state, sweepAt }).set(keys.blobSweep(sweepAt, blob.id), blob.id);
}
