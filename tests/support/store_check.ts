/** What must hold of records and bytes together, whatever happened before: counted anew from everything stored. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { expireUploads, sweepBlobs } from "../../services/cleanup.ts";
import type { AttachmentRecord, BlobRecord, Segment, UploadRecord } from "../../services/model.ts";
import { orphanSince, stageOf } from "../../services/records/attachments.ts";
import { keys } from "../../services/records/keys.ts";
import type { VariantRecord } from "../../services/records/variants.ts";
import type { ChunkRecord } from "../../services/records/uploads.ts";
import type { TestApp } from "./app.ts";

export interface StoreState {
  attachments: AttachmentRecord[];
  blobs: BlobRecord[];
  uploads: UploadRecord[];
  /** Blob id -> size, of all files below `blobs/`. */
  files: Map<string, number>;
}

const HOUR = 3_600_000;

/** Everything below `prefix`, with the rest of the key. */
async function all<T>(app: TestApp, prefix: string): Promise<{ key: Deno.KvKeyPart[]; value: T }[]> {
  const entries = await app.services.core.records.page<T>([prefix], { limit: 100_000 });
  return entries.map(({ key, value }) => ({ key: key.slice(1), value }));
}

async function filesOf(dataDir: string): Promise<Map<string, number>> {
  const files = new Map<string, number>();
  for await (const day of Deno.readDir(join(dataDir, "blobs"))) {
    for await (const file of Deno.readDir(join(dataDir, "blobs", day.name))) {
      const { size } = await Deno.stat(join(dataDir, "blobs", day.name, file.name));
      files.set(`${day.name}-${file.name}`, size);
    }
  }
  return files;
}

function pathOf(app: TestApp, id: string): string {
  return join(app.config.dataDir, "blobs", id.slice(0, 8), id.slice(9));
}

async function sha256Of(app: TestApp, segments: Segment[]): Promise<string> {
  const hash = createHash("sha256");
  for (const { file, offset, length } of segments) {
    const bytes = await Deno.readFile(pathOf(app, file));
    assert.ok(bytes.length >= offset + length, `${file} is too short`);
    hash.update(bytes.subarray(offset, offset + length));
  }
  return hash.digest("hex");
}

const sorted = (keys: Iterable<readonly unknown[]>) =>
  [...keys].map((key) =>
    key.map((part) => typeof part === "bigint" ? `${part}n` : JSON.stringify(part)).join(" ")
  )
    .sort();

/**
 * Waits for background work, then fails with what does not hold: references, indexes, digests, files without a
 * record, records without a file, leftovers. No request may run meanwhile.
 */
export async function assertConsistent(app: TestApp): Promise<StoreState> {
  await app.services.core.background.settled();
  const attachments = (await all<AttachmentRecord>(app, "attachment")).map(({ value }) => value);
  const blobs = (await all<BlobRecord>(app, "blob")).map(({ value }) => value);
  const uploads = (await all<UploadRecord>(app, "upload")).map(({ value }) => value);
  const files = await filesOf(app.config.dataDir);
  const state = { attachments, blobs, uploads, files };

  await assertBlobs(app, state);
  await assertAttachmentIndexes(app, attachments);
  await assertUploads(app, state);

  const known = new Set(blobs.map(({ id }) => id));
  assert.deepEqual([...files.keys()].filter((id) => !known.has(id)), [], "files without a record");
  assert.deepEqual(await app.services.core.blobs.unsettled(), [], "begun/");
  return state;
}

/** Every reference counted, every digest computed again. */
async function assertBlobs(app: TestApp, { attachments, blobs, files }: StoreState): Promise<void> {
  const references = Map.groupBy(attachments, ({ blobId }) => blobId);
  const index = new Map((await all<string>(app, "blob_by_sha256")).map(({ key, value }) => [key[0], value]));
  const sweeps: [number, string][] = [];
  const uses = (await all(app, "blob_user")).map(({ key: [part, user] }) => ({
    part: String(part),
    user: String(user),
  }));
  const used = new Set(uses.map(({ part, user }) => `${part} ${user}`));
  for (const { id, parts = [], state, sha256 } of blobs) {
    // One that a crash kept from being used waits for the sweep, with some of its parts or none.
    const isPrepared = state === "condemned" && sha256 === null;
    for (const part of parts) {
      assert.ok(used.delete(`${part} ${id}`) || isPrepared, `${id} has no hold on ${part}`);
    }
  }
  assert.deepEqual([...used], [], "holds on parts by what is not made of them");
  const variants = await assertVariants(app, blobs);
  for (const blob of blobs) {
    const users = uses.filter(({ part }) => part === blob.id).length;
    const isVariant = variants.has(blob.id);
    const refs = (references.get(blob.id)?.length ?? 0) + users + Number(isVariant);
    references.delete(blob.id);
    assert.equal(blob.refs, refs, `references of ${blob.id}, ${blob.state}`);
    // A part belongs to its session while that is open.
    if (blob.state !== "uploading" || users === 0) {
      assert.equal(blob.state === "live", refs > 0, `${blob.id} is ${blob.state} with ${refs} references`);
    }
    assert.equal(
      blob.sweepAt !== null,
      ["condemned", "deleting"].includes(blob.state),
      `sweep of ${blob.id}`,
    );
    if (blob.sweepAt !== null) sweeps.push([blob.sweepAt, blob.id]);
    if (blob.state !== "live" && blob.state !== "condemned") continue;
    const size = blob.segments.reduce((sum, { length }) => sum + length, 0);
    assert.equal(size, blob.size, `segments of ${blob.id}`);
    if (blob.parts) assert.equal(files.get(blob.id), undefined, `${blob.id} is made of others`);
    else if (blob.size > 0) assert.equal(files.get(blob.id), blob.size, `file of ${blob.id}`);
    // Parts have no digest of their own.
    if (blob.sha256 === null) continue;
    assert.equal(await sha256Of(app, blob.segments), blob.sha256, blob.id);
    if (isVariant) continue;
    if (app.config.dedupe.enabled) {
      assert.equal(index.get(blob.sha256!), blob.id, "equal content is stored once");
    }
    index.delete(blob.sha256!);
  }
  assert.deepEqual([...references.keys()], [], "attachments without a blob");
  if (app.config.dedupe.enabled) assert.deepEqual([...index], [], "digests of blobs that are gone");
  assert.deepEqual(sorted((await all(app, "blob_sweep")).map(({ key }) => key)), sorted(sweeps), "sweeps");
  const byId = new Map(blobs.map((blob) => [blob.id, blob]));
  for (const { id, blobId, size, sha256 } of attachments) {
    const blob = byId.get(blobId)!;
    assert.deepEqual([size, sha256], [blob.size, blob.sha256], `attachment ${id}`);
  }
}

/** The blobs of variants, each of content that is there. */
async function assertVariants(app: TestApp, blobs: BlobRecord[]): Promise<Set<string>> {
  const contents = new Set(blobs.map(({ sha256 }) => sha256));
  const ids = new Set<string>();
  for (const { key, value } of await all<VariantRecord>(app, "variant")) {
    assert(contents.has(key[0] as string), `a variant of ${String(key[0])}, which is gone`);
    if ("failure" in value) continue;
    assert(!ids.has(value.blobId), `${value.blobId} is two variants`);
    ids.add(value.blobId);
    const blob = blobs.find(({ id }) => id === value.blobId);
    assert.deepEqual([blob?.size, blob?.sha256], [value.size, value.sha256], `variant ${key.map(String)}`);
  }
  return ids;
}

async function assertAttachmentIndexes(app: TestApp, attachments: AttachmentRecord[]): Promise<void> {
  const expected: Deno.KvKey[] = [];
  for (const record of attachments) {
    const { id, ownerId, businessType: type, businessId, deletedAt, sourceSha256 } = record;
    const stage = stageOf(record);
    if (stage === "binned") {
      expected.push(keys.attachmentBinned(record.binnedAt!, id));
      continue;
    }
    expected.push(keys.attachmentByOwner(ownerId, stage, id));
    expected.push(keys.attachmentByBusiness({ owner: ownerId, type, id: null }, stage, id));
    if (businessId !== null) {
      expected.push(keys.attachmentByBusiness({ owner: ownerId, type, id: businessId }, stage, id));
    }
    const since = orphanSince(record);
    if (stage === "live" && since !== null) expected.push(keys.attachmentOrphan(type, since, id));
    if (stage === "live") expected.push(keys.attachmentByContent(ownerId, sourceSha256, id));
    else expected.push(keys.attachmentDeleted(deletedAt!, id));
  }
  const found: Deno.KvKey[] = [];
  const names = ["by_owner", "by_type", "by_business", "by_content", "deleted", "binned", "orphan"];
  for (const name of names.map((name) => `attachment_${name}`)) {
    for (const { key } of await all(app, name)) found.push([name, ...key]);
  }
  assert.deepEqual(sorted(found), sorted(expected), "indexes of attachments");
}

/** Recorded chunks hold the bytes that they say, and ended sessions hold nothing. */
async function assertUploads(app: TestApp, { uploads, blobs }: StoreState): Promise<void> {
  const open = uploads.filter(({ status }) => status === "uploading");
  const byOwner = open.map(({ ownerId, createdAt, id }) => [ownerId, createdAt, id]);
  assert.deepEqual(
    sorted((await all(app, "upload_by_owner")).map(({ key }) => key)),
    sorted(byOwner),
    "open uploads",
  );
  const looks = (await all(app, "upload_by_expiry")).map(({ key }) => key[1]);
  assert.deepEqual(looks.toSorted(), uploads.map(({ id }) => id).toSorted(), "each upload is looked at once");
  assert.deepEqual(await all(app, "upload_leftover"), [], "leftovers");
  for (const by of ["sha256", "fingerprint"]) {
    for (const { value } of await all<string>(app, `upload_by_${by}`)) {
      assert.ok(uploads.some(({ id }) => id === value), `upload_by_${by} leads to ${value}, which is gone`);
    }
  }

  const writing = blobs.filter(({ state }) => state === "uploading").map(({ id }) => id);
  assert.deepEqual(writing.toSorted(), open.map(({ blobId }) => blobId).toSorted(), "blobs of open uploads");
  const chunks = Map.groupBy(await all<ChunkRecord>(app, "upload_chunk"), ({ key }) => key[0]);
  for (const { id, blobId, size } of open) {
    let end = 0;
    for (const { key, value } of chunks.get(id) ?? []) {
      const offset = key[1] as number;
      assert.ok(
        offset >= end && offset + value.size <= (size ?? Infinity),
        `chunk at ${offset} of ${id} overlaps or sticks out`,
      );
      end = offset + value.size;
      assert.equal(
        await sha256Of(app, [{ file: blobId, offset, length: value.size }]),
        value.sha256,
        `chunk at ${offset}`,
      );
    }
    chunks.delete(id);
  }
  assert.deepEqual([...chunks.keys()], [], "chunks of uploads that are not open");
  for (const { id, status, attachmentId } of uploads) {
    const hasFile = status === "completed" || status === "cancelled" && attachmentId !== null;
    assert.equal(hasFile, attachmentId !== null, `attachment of upload ${id}, ${status}`);
  }
}

/** Moves the clock on and runs the clean-up jobs until nothing is left that time removes. */
export async function cleanUp(app: TestApp, { hours }: { hours: number }): Promise<void> {
  app.clock += hours * HOUR;
  const { core } = app.services;
  while ((await expireUploads(core)).more);
  while ((await sweepBlobs(core)).more);
  await core.background.settled();
}
