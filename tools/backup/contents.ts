/** Which bytes the records need: what a backup is to hold of a store, and a restore to bring back. */
import type { BlobRecord, BlobState, UploadRecord } from "../../services/model.ts";
import { keys } from "../../services/records/keys.ts";
import type { Records } from "../../services/records/records.ts";
import type { ChunkRecord } from "../../services/records/uploads.ts";

const PAGE = 200;

/** Bytes that do not change any more. */
export interface WholeBlob {
  id: string;
  size: number;
  /** null: not known of parts of other blobs. */
  sha256: string | null;
  /** `lost`: they were found damaged before; `going`: nothing refers to them any more. */
  state: "kept" | "lost" | "going";
}

/** An upload that goes on. */
export interface OpenBlob {
  id: string;
  uploadId: string;
}

export interface ReceivedChunk {
  offset: number;
  size: number;
  sha256: string;
}

const STATES: Partial<Record<BlobState, WholeBlob["state"]>> = {
  live: "kept",
  damaged: "lost",
  condemned: "going",
};

/** Pages of blobs with bytes of their own that stay; what is on its way out is left out. */
export async function* wholeBlobs(records: Records): AsyncGenerator<WholeBlob[]> {
  for await (const page of pages<BlobRecord>(records, keys.blobs())) {
    yield page.flatMap(({ value: { id, parts, size, sha256, state } }): WholeBlob[] => {
      const stays = STATES[state];
      return stays === undefined || parts || size === 0 ? [] : [{ id, size, sha256, state: stays }];
    });
  }
}

export async function* openBlobs(records: Records): AsyncGenerator<OpenBlob> {
  for await (const page of pages<UploadRecord>(records, keys.uploads())) {
    for (const { value: { id, blobId, status, concat } } of page) {
      if (status === "uploading" && concat?.kind !== "final") yield { id: blobId, uploadId: id };
    }
  }
}

export async function* receivedChunks(
  records: Records,
  { uploadId }: OpenBlob,
): AsyncGenerator<ReceivedChunk> {
  for await (const page of pages<ChunkRecord>(records, keys.uploadChunks(uploadId))) {
    for (const { key, value: { size, sha256 } } of page) yield { offset: key.at(-1) as number, size, sha256 };
  }
}

export interface Totals {
  blobs: number;
  openUploads: number;
  bytes: number;
}

export async function totalsOf(records: Records): Promise<Totals> {
  const totals: Totals = { blobs: 0, openUploads: 0, bytes: 0 };
  for await (const blobs of wholeBlobs(records)) {
    totals.blobs += blobs.length;
    for (const { size } of blobs) totals.bytes += size;
  }
  for await (const open of openBlobs(records)) {
    totals.openUploads++;
    for await (const { size } of receivedChunks(records, open)) totals.bytes += size;
  }
  return totals;
}

async function* pages<T>(records: Records, prefix: Deno.KvKey): AsyncGenerator<Deno.KvEntry<T>[]> {
  let after: Deno.KvKey | undefined;
  for (;;) {
    const page: Deno.KvEntry<T>[] = await records.page<T>(prefix, { limit: PAGE, ...(after && { after }) });
    yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.key;
  }
}
