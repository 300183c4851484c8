/** The one commit that makes an attachment of stored bytes; equal content is stored once. */
import type { Core } from "../core.ts";
import type { AttachmentRecord, BlobRecord, FileFacts, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { putAttachment } from "../records/attachments.ts";
import { discard, isUsable, referTo } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { endUpload } from "../records/uploads.ts";
import { requireUploading } from "./find.ts";

/** Bytes that are whole and on stable storage. */
export interface StoredContent {
  blobId: string;
  size: number;
  /** Of the bytes stored, lower-case hex. */
  sha256: string;
  crc32: number;
}

export interface Finishing {
  ownerId: string;
  facts: FileFacts;
  content: StoredContent;
  /** The session whose blob this is; null for bytes of which no record exists. */
  uploadId: string | null;
}

export interface Finished {
  attachment: AttachmentRecord;
  /** False: the same content was stored before, and the bytes of `content` are to be removed. */
  keptOwn: boolean;
}

/**
 * Commits the attachment. Asked again for a session that is completed, gives that attachment. Throws what became
 * of the session when it ended otherwise.
 */
export async function finish(core: Core, finishing: Finishing): Promise<Finished> {
  const { records, now } = core;
  const { content, uploadId } = finishing;
  const attachment = newAttachment(core, finishing);

  return await records.transact(async (commit) => {
    const session = uploadId === null ? null : await records.get<UploadRecord>(keys.upload(uploadId));
    if (session?.value?.status === "completed") return await earlier(core, session.value, content);
    if (session) {
      requireUploading(session.value);
      requireDeclared(session.value, content);
      commit.check(session);
    }
    const mine = await records.get<AttachmentRecord>(keys.attachment(attachment.id));
    // The answer to our own commit was lost.
    if (mine.value) return { attachment: mine.value, keptOwn: mine.value.blobId === content.blobId };
    const own = await records.get<BlobRecord>(keys.blob(content.blobId));
    commit.check(mine, own);

    const shared = core.config.dedupe.enabled ? await storedBefore(core, commit, content.sha256) : null;
    if (shared) {
      referTo(commit, shared);
      if (own.value) discard(commit, own.value, { state: "deleting", sweepAt: now() });
    } else {
      commit.set(own.key, liveBlob(core, content));
      if (core.config.dedupe.enabled) commit.set(keys.blobBySha256(content.sha256), content.blobId);
    }
    const record = { ...attachment, blobId: shared?.value?.id ?? content.blobId };
    putAttachment(commit, record);
    if (session?.value) {
      endUpload(commit, session.value, { status: "completed", attachmentId: record.id, endedAt: now() });
    }
    return { attachment: record, keptOwn: !shared };
  });
}

/** For a digest that the session has learned while its bytes were hashed. Completing again fails the session then. */
function requireDeclared({ sha256 }: UploadRecord, content: StoredContent): void {
  if (sha256 === null || sha256 === content.sha256) return;
  throw new Problem(
    "digest-mismatch",
    `The file's SHA-256 is ${content.sha256}, but ${sha256} was declared.`,
    {
      extra: { declared: sha256, received: content.sha256 },
    },
  );
}

/** Whether an attachment may be put on this blob: its record says so, and its bytes are all there. */
export async function isUsableNow(core: Core, blob: BlobRecord | null): Promise<boolean> {
  if (!isUsable(blob)) return false;
  try {
    (await core.blobs.openReader(blob.segments)).close();
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === "blob-missing") return false;
    throw error;
  }
}

/** The usable blob with this content, if any; the commit fails when that changes. */
async function storedBefore(
  core: Core,
  commit: Deno.AtomicOperation,
  sha256: string,
): Promise<Deno.KvEntry<BlobRecord> | null> {
  const { records } = core;
  const index = await records.get<string>(keys.blobBySha256(sha256));
  commit.check(index);
  if (index.value === null) return null;
  const blob = await records.get<BlobRecord>(keys.blob(index.value));
  if (await isUsableNow(core, blob.value)) return blob as Deno.KvEntry<BlobRecord>;
  if (blob.versionstamp !== null) commit.check(blob);
  return null;
}

async function earlier(core: Core, session: UploadRecord, { blobId }: StoredContent): Promise<Finished> {
  const attachment = await attachmentOf(core, session.attachmentId!);
  return { attachment, keptOwn: attachment.blobId === blobId };
}

/** The attachment that an upload became. */
export async function attachmentOf({ records }: Core, id: string): Promise<AttachmentRecord> {
  const { value } = await records.get<AttachmentRecord>(keys.attachment(id));
  if (value) return value;
  throw new Problem("not-found", "This upload was completed, but its attachment has been deleted since.");
}

function liveBlob({ blobs }: Core, { blobId, size, sha256, crc32 }: StoredContent): BlobRecord {
  return {
    id: blobId,
    segments: blobs.segments(blobId, size),
    size,
    sha256,
    crc32,
    refs: 1,
    state: "live",
    sweepAt: null,
  };
}

export function newAttachment(
  core: Core,
  { ownerId, facts, content }: Omit<Finishing, "uploadId">,
): AttachmentRecord {
  const now = core.now();
  return {
    ...facts,
    id: core.newAttachmentId(),
    ownerId,
    blobId: content.blobId,
    size: content.size,
    sha256: content.sha256,
    sourceSha256: content.sha256,
    crc32: content.crc32,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
}
