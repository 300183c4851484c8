/** Opening a session: instant for content that the caller owns, else the open one again, else a new one. */
import { actorOf } from "../audit/entry.ts";
import { checkContent } from "../content/check_content.ts";
import type { Core } from "../core.ts";
import { fileFacts, type FileRequest, requireSize } from "../file_rules.ts";
import { newUploadId } from "../ids.ts";
import { imageOptions, processingOf } from "../images/options.ts";
import { makeVariantsLater } from "../images/variants.ts";
import type { AttachmentRecord, BlobRecord, Caller, ClientId, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { putAttachment } from "../records/attachments.ts";
import { isUsable, referTo } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { createUpload, findKeys } from "../records/uploads.ts";
import { auditOpening } from "./draft.ts";
import { expiresAt, firstLook } from "./find.ts";
import { auditFile, isUsableNow, newAttachment } from "./finish.ts";

export interface OpenRequest extends FileRequest {
  /** Bytes of the whole file; null: to be said later. */
  size: number | null;
  /** Of the whole file, lower-case hex. */
  sha256?: string | undefined;
  /** The client's own mark of the content, e.g. a hash of its head, middle and tail. */
  fingerprint?: string | undefined;
  /** Bytes; the configured default when absent. */
  chunkSize?: number | undefined;
  /** Never the session that is open already. */
  forceNew?: boolean | undefined;
  /** The client's own id of it: finds the open session of that id and size, and no other one. */
  clientId?: ClientId | undefined;
  /** False: the bytes will come in any case. */
  instant?: boolean | undefined;
}

/** Attachments of one content that are looked at for an instant upload. */
const MAX_OWNED = 20;

export type Opened =
  | { kind: "created"; upload: UploadRecord }
  | { kind: "found"; upload: UploadRecord }
  | { kind: "instant"; attachment: AttachmentRecord };

/** Two that ask at once get one session. Throws what is wrong with the file, and what limits say to a new one. */
export async function openUpload(core: Core, caller: Caller, request: OpenRequest): Promise<Opened> {
  if (!core.config.sessions.enabled) {
    throw new Problem(
      "sessions-disabled",
      "This server takes whole files only: PUT /api/v1/files/{fileName}.",
    );
  }
  const leave = core.gate.enter();
  try {
    const facts = fileFacts(core.config, request);
    requireSize(core.config, { ...facts, size: request.size ?? 0 });
    const draft: UploadRecord = {
      ...facts,
      id: newUploadId(),
      ownerId: caller.id,
      size: request.size,
      chunkSize: chunkSizeOf(core, request.chunkSize),
      sha256: request.sha256 ?? null,
      fingerprint: request.fingerprint ?? null,
      metadata: null,
      concat: null,
      ...(request.clientId && { clientId: request.clientId }),
      blobId: core.blobs.newId(),
      status: "uploading",
      attachmentId: null,
      failure: null,
      createdAt: core.now(),
      endedAt: null,
    };
    const attachment = request.instant === false ? null : await instantUpload(core, caller, draft);
    if (attachment) {
      makeVariantsLater(core, attachment, imageOptions(core.config, draft).variants);
      return { kind: "instant", attachment };
    }
    return await findOrCreate(core, caller, { draft, forceNew: request.forceNew ?? false });
  } finally {
    leave();
  }
}

function chunkSizeOf({ config }: Core, wanted: number | undefined): number {
  const { default: usual, min, max } = config.chunks;
  const size = wanted ?? usual;
  if (size >= min && size <= max) return size;
  throw new Problem("invalid-request", `chunkSize is ${size}; it must be from ${min} to ${max} bytes.`, {
    extra: { minChunkSize: min, maxChunkSize: max },
  });
}

/** A new attachment on bytes that the caller's own live attachment has; null when there is none. */
async function instantUpload(
  core: Core,
  caller: Caller,
  draft: UploadRecord,
): Promise<AttachmentRecord | null> {
  const { records } = core;
  const { sha256, ownerId } = draft;
  if (sha256 === null || !core.config.dedupe.enabled) return null;
  const processing = processingOf(core.config, imageOptions(core.config, draft));
  let attachment: AttachmentRecord | null = null;

  return await core.limits.transact(caller, async (commit, counting) => {
    const owned = await ownedContent(core, draft, processing);
    if (!owned) return null;
    const blob = await records.get<BlobRecord>(keys.blob(owned.value.blobId));
    if (!isUsable(blob.value) || !await isUsableNow(core, blob.value)) return null;
    const content = { ...blob.value, blobId: blob.value.id };
    await checkContent(core, { facts: draft, stored: blob.value });
    const { image = null, sourceSize } = owned.value;
    attachment ??= {
      ...newAttachment(core, { ownerId, facts: draft, content }),
      sourceSha256: sha256,
      ...(sourceSize !== undefined && { sourceSize }),
      image,
      processing,
    };
    const place = await records.get<AttachmentRecord>(keys.attachment(attachment.id));
    if (place.value) return place.value; // Our own commit, whose answer was lost.
    commit.check(place, owned);
    referTo(commit, blob);
    const record = { ...attachment, blobId: blob.value.id };
    putAttachment(commit, record);
    await counting.admitInstant();
    auditFile(core, commit, { actor: actorOf(caller), attachment: record, how: "instant" });
    return record;
  });
}

/** An attachment of the caller whose source these bytes were, and to which the same was done. */
async function ownedContent(
  { records, config }: Core,
  draft: UploadRecord,
  processing: string,
): Promise<Deno.KvEntry<AttachmentRecord> | null> {
  const { strict } = imageOptions(config, draft);
  const prefix = keys.attachmentsByContent(draft.ownerId, draft.sha256!);
  const found = await records.page(prefix, { limit: MAX_OWNED });
  const owned = await records.getMany<AttachmentRecord>(
    found.map(({ key }) => keys.attachment(String(key.at(-1)))),
  );
  const same = owned.find(({ value }) =>
    value && value.deletedAt === null && (value.sourceSize ?? value.size) === draft.size &&
    (value.processing ?? "") === processing && (!strict || value.image?.metadataRemoved !== false)
  );
  return (same as Deno.KvEntry<AttachmentRecord> | undefined) ?? null;
}

async function findOrCreate(
  core: Core,
  caller: Caller,
  { draft, forceNew }: { draft: UploadRecord; forceNew: boolean },
): Promise<Opened> {
  const { records } = core;
  return await core.limits.transact<Opened>(caller, async (commit, counting) => {
    const own = await records.get<UploadRecord>(keys.upload(draft.id));
    if (own.value) return { kind: "created", upload: own.value }; // Our own commit, whose answer was lost.
    for (const key of forceNew ? [] : lookups(draft)) {
      const index = await records.get<string>(key);
      commit.check(index);
      const found = index.value === null ? null : await openSession(core, index.value, draft);
      if (!found) continue;
      return { kind: "found", upload: adopt(commit, { found, draft }) };
    }
    await counting.admit({ id: draft.id, bytes: draft.size, session: true });
    createUpload(commit, draft, firstLook(core, draft));
    auditOpening(core, commit, { actor: actorOf(caller), draft });
    return { kind: "created", upload: draft };
  });
}

function lookups(draft: UploadRecord): Deno.KvKey[] {
  return draft.clientId ? [keys.uploadByClientId(draft.ownerId, draft.clientId.id)] : findKeys(draft);
}

/** The session of this id when bytes may still come and neither side contradicts the other. */
async function openSession(
  core: Core,
  id: string,
  draft: UploadRecord,
): Promise<Deno.KvEntry<UploadRecord> | null> {
  const entry = await core.records.get<UploadRecord>(keys.upload(id));
  const found = entry.value;
  if (found?.status !== "uploading") return null;
  // Only an id of the client's own can lead to one of another length.
  if (draft.clientId && !isSameFile(found, draft)) return null;
  if (found.sha256 !== null && draft.sha256 !== null && found.sha256 !== draft.sha256) return null;
  using lease = await core.live.open(found);
  return core.now() < expiresAt(core, lease.upload) ? entry as Deno.KvEntry<UploadRecord> : null;
}

function isSameFile(found: UploadRecord, { clientId, size }: UploadRecord): boolean {
  if (found.clientId?.id !== clientId?.id || found.clientId?.totalChunks !== clientId?.totalChunks) {
    return false;
  }
  return size === null || found.size === size;
}

/** A session that is found learns what is declared only now: the digest, what is to be done to the picture. */
function adopt(
  commit: Deno.AtomicOperation,
  { found, draft }: { found: Deno.KvEntry<UploadRecord>; draft: UploadRecord },
): UploadRecord {
  const { sha256, fingerprint } = found.value;
  const known = (sha256 ?? draft.sha256) === sha256 && (fingerprint ?? draft.fingerprint) === fingerprint;
  if (known && !draft.imageRequest) return found.value;
  const upload = {
    ...found.value,
    sha256: sha256 ?? draft.sha256,
    fingerprint: fingerprint ?? draft.fingerprint,
    ...(draft.imageRequest && { imageRequest: draft.imageRequest }),
  };
  commit.check(found).set(found.key, upload);
  for (const key of findKeys(upload)) commit.set(key, upload.id);
  return upload;
}
