/** Open uploads against their blobs and chunks. */
import type { BlobRecord, UploadRecord } from "../model.ts";
import { newBlob } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { type ChunkRecord } from "../records/uploads.ts";
import { sweepLeftover } from "../uploads/end.ts";
import { checkChunks } from "./chunks.ts";
import { type Finding, keyText } from "./finding.ts";
import { type Check, confirmed, firstKeys, pagesOf, type Step, tell } from "./looking.ts";

type UploadEntry = Deno.KvEntry<UploadRecord>;
const isOpen = (record: UploadRecord | null) => record?.status === "uploading";

export async function* checkUploads(check: Check): AsyncGenerator<Step> {
  const { records } = check.core;
  for await (const page of pagesOf<UploadRecord>(check.core, keys.uploads())) {
    const open = page.filter(({ value }) => isOpen(value));
    const blobs = await records.getMany<BlobRecord>(open.map(({ value }) => keys.blob(value.blobId)));
    for (const [at, upload] of open.entries()) {
      const state = blobs[at]!.value?.state;
      if (state === undefined) yield await missingBlob(check, upload);
      else if (state !== "uploading") yield await wrongBlob(check, upload);
      if (state === "uploading" && upload.value.concat?.kind !== "final") yield* checkChunks(check, upload);
    }
    check.count(page.length);
    yield null;
  }
}

async function missingBlob(check: Check, { key, value }: UploadEntry): Promise<Finding | null> {
  const { records } = check.core;
  const { id, blobId, concat } = value;
  tell(check, blobId);
  const parts = concat?.kind === "final" ? [...new Set(concat.parts.map((part) => part.blobId))] : null;
  return await confirmed({
    kind: "missing-blob",
    subject: id,
    text: `The open upload ${id} writes into the blob ${blobId}, of which there is no record.`,
    repair: {
      async attempt(commit) {
        const [upload, blob] = await records.getMany<UploadRecord | BlobRecord>([key, keys.blob(blobId)]);
        if (!isOpen(upload!.value as UploadRecord | null) || blob!.versionstamp !== null) return false;
        commit.check(upload!, blob!).set(blob!.key, { ...newBlob(blobId), ...(parts && { parts }) });
        return true;
      },
    },
  });
}

async function wrongBlob({ core: { records } }: Check, { key, value }: UploadEntry): Promise<Finding | null> {
  const { id, blobId } = value;
  return await confirmed({
    kind: "wrong-state",
    subject: id,
    text:
      `The open upload ${id} writes into the blob ${blobId}, which is not being written. Cancel the upload.`,
    repair: {
      looksOnly: true,
      async attempt() {
        const [upload, blob] = await records.getMany<UploadRecord | BlobRecord>([key, keys.blob(blobId)]);
        const state = (blob!.value as BlobRecord | null)?.state;
        return isOpen(upload!.value as UploadRecord | null) && state !== undefined && state !== "uploading";
      },
    },
  });
}

/** Chunk records of uploads that are not open, and that nobody is to delete. */
export async function* checkLeftovers(check: Check): AsyncGenerator<Step> {
  const { core } = check;
  let looked = 0;
  for await (const { key } of firstKeys<ChunkRecord>(core, keys.uploadChunksAll())) {
    const id = String(key[1]);
    const [upload, leftover] = await core.records.getMany<unknown>([
      keys.upload(id),
      keys.uploadLeftover(id),
    ]);
    check.count(1);
    if (++looked % 100 === 0) yield null;
    if (isOpen(upload!.value as UploadRecord | null) || leftover!.versionstamp !== null) continue;
    yield await confirmed({
      kind: "leftover",
      subject: keyText(key),
      text: `The upload ${id} has ended, but what it had received is still listed.`,
      repair: {
        async attempt(commit) {
          const [chunk, upload, leftover] = await core.records.getMany<unknown>([
            key,
            keys.upload(id),
            keys.uploadLeftover(id),
          ]);
          if (chunk!.versionstamp === null || leftover!.versionstamp !== null) return false;
          if (isOpen(upload!.value as UploadRecord | null)) return false;
          commit.check(upload!, leftover!).set(leftover!.key, true);
          return true;
        },
        after: () => sweepLeftover(core, id),
      },
    });
  }
}
