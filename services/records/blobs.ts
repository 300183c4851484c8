/** Blob records: who refers to stored bytes, and when the sweep may take them. Each function adds to a commit. */
import type { BlobRecord } from "../model.ts";
import { keys } from "./keys.ts";

type Commit = Deno.AtomicOperation;
type BlobEntry = Deno.KvEntryMaybe<BlobRecord>;

/** A blob that a session writes into. */
export function beginBlob(commit: Commit, id: string): void {
  const blob: BlobRecord = {
    id,
    segments: [],
    size: 0,
    sha256: null,
    crc32: null,
    refs: 0,
    state: "uploading",
    sweepAt: null,
  };
  commit.set(keys.blob(id), blob);
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

/** One reference less; the last one gone, the blob is condemned and waits for the sweep until `sweepAt`. */
export function release(commit: Commit, entry: BlobEntry, sweepAt: number): void {
  const blob = entry.value!;
  commit.check(entry);
  if (blob.refs > 1) commit.set(entry.key, { ...blob, refs: blob.refs - 1 });
  else discard(commit, { ...blob, refs: 0 }, { state: "condemned", sweepAt });
}

/** Hands a blob to the sweep. The caller checks its entry. */
export function discard(
  commit: Commit,
  blob: BlobRecord,
  { state, sweepAt }: { state: "condemned" | "deleting"; sweepAt: number },
): void {
  if (blob.sweepAt !== null) commit.delete(keys.blobSweep(blob.sweepAt, blob.id));
  commit.set(keys.blob(blob.id), { ...blob, state, sweepAt }).set(keys.blobSweep(sweepAt, blob.id), blob.id);
}
