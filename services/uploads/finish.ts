/** The one commit that makes an attachment of stored bytes; equal content is stored once. */
import type { Actor } from "../audit/entry.ts";
import { checkContent } from "../content/check_content.ts";
import type { Core } from "../core.ts";
import { imageOptions } from "../images/options.ts";
import { processContent, type Processed } from "../images/process.ts";
import { dropBlob } from "../images/store_blob.ts";
import { makeVariantsLater } from "../images/variants.ts";
import type { AttachmentRecord, BlobRecord, FileFacts, Segment, UploadRecord } from "../model.ts";
import { Problem, type ProblemCode } from "../problem.ts";
import { putAttachment } from "../records/attachments.ts";
import { discard, isUsable, referTo } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { createEnded, endUpload } from "../records/uploads.ts";
import { requireUploading } from "./find.ts";

const DAY = 86_400_000;

/** Bytes that are whole and on stable storage. */
export interface StoredContent {
  blobId: string;
  size: number;
  /** Of the bytes stored, lower-case hex. */
  sha256: string;
  crc32: number;
  /** Where the bytes lie when they are those of other blobs; absent: in the blob itself. */
  segments?: Segment[];
  /** The first `SIGNATURE_BYTES` (fewer of a shorter file), where they were seen as they came. */
  start?: Uint8Array;
}

export interface Finishing {
  ownerId: string;
  facts: FileFacts;
  content: StoredContent;
  /** Who asked for it, also when it goes on after the answer. */
  actor: Actor;
  /** The session whose blob this is; null for bytes of which no record exists. */
  uploadId: string | null;
  /** That session, when it is not stored yet: the commit stores it, completed. */
  draft?: UploadRecord | null;
}

export interface Finished {
  attachment: AttachmentRecord;
  /** False: the same content was stored before, and the bytes of `content` are to be removed. */
  keptOwn: boolean;
}

/**
 * Commits the attachment, of a picture after what is to be done to it. Asked again for a session that is completed,
 * gives that attachment. Throws what became of the session when it ended otherwise, and what is wrong with the content.
 */
export async function finish(core: Core, finishing: Finishing): Promise<Finished> {
  const processed = await takeContent(core, finishing).catch(async (error) => {
    const { uploadId, draft } = finishing;
    if (uploadId === null || draft) throw error;
    // Ended meanwhile, so that the bytes are gone?
    const { value } = await core.records.get<UploadRecord>(keys.upload(uploadId));
    if (value?.status === "completed") return earlier(core, value, finishing.content);
    requireUploading(value);
    throw error;
  });
  if ("attachment" in processed) return processed;
  const made = processed.made ? processed.content.blobId : null;
  let finished: Finished;
  try {
    finished = await commitFile(core, finishing, processed);
  } catch (error) {
    if (made !== null && isRefusal(error)) await dropBlob(core, made);
    throw error;
  }
  const { attachment } = finished;
  if (made !== null) {
    const tidied = attachment.blobId === made ? core.blobs.settle(made) : dropBlob(core, made);
    core.background.run("tidy up after upload", () => tidied);
  }
  if (attachment.image) {
    makeVariantsLater(core, attachment, imageOptions(core.config, finishing.facts).variants);
  }
  return finished;
}

/** Throws what is wrong with the bytes: they are not what the name says, or a picture that is not taken. */
async function takeContent(core: Core, { facts, content }: Finishing): Promise<Processed> {
  const { blobId, size, segments = core.blobs.segments(blobId, size) } = content;
  await checkContent(core, { facts, stored: { segments, size } });
  return await processContent(core, { facts, content });
}

/** Refusals of the content itself: the same bytes will never be taken as this file. */
export function refusesContent(error: unknown): error is Problem {
  return error instanceof Problem && CONTENT_REFUSALS.has(error.code);
}

const CONTENT_REFUSALS: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  "content-mismatch",
  "image-too-large",
  "image-unreadable",
  "image-unsupported",
]);

/** Whether nothing was committed. After any other failure something may have been; the next start decides then. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Problem &&
    (error.status < 500 || error.code === "busy" || error.code === "disk-full");
}

async function commitFile(
  core: Core,
  finishing: Finishing,
  { content: stored, made, image, processing }: Processed,
): Promise<Finished> {
  const { records, now, limits } = core;
  const { ownerId, actor, content, uploadId, draft } = finishing;
  const { enabled: dedupes } = core.config.dedupe;
  const { sha256: sourceSha256 } = content;
  const attachment = {
    ...newAttachment(core, { ...finishing, content: stored }),
    sourceSha256,
    ...(made && { sourceSize: content.size }),
    image,
    processing,
  };

  const isNew = uploadId === null || Boolean(draft);
  // What this request has opened is known without a look.
  const isCounted = !isNew || limits.isCounting(ownerId);
  return await limits.inTurn(ownerId, () =>
    records.transact(async (commit, tries) => {
      const read = [
        keys.attachment(attachment.id),
        keys.blob(content.blobId),
        keys.blobBySha256(stored.sha256),
        ...(uploadId === null ? [] : [keys.upload(uploadId)]),
      ];
      // Of new content nothing is recorded; whether this was some, the commit says for less than a look.
      const entries = isNew && tries === 1 ? read.map(absent) : await records.getMany(read);
      const [mine, own, index, session] = entries as [
        Deno.KvEntryMaybe<AttachmentRecord>,
        Deno.KvEntryMaybe<BlobRecord>,
        Deno.KvEntryMaybe<string>,
        Deno.KvEntryMaybe<UploadRecord>?,
      ];
      if (session?.value?.status === "completed") return await earlier(core, session.value, content);
      const upload = session && (session.value ?? draft ?? null);
      if (session) {
        requireUploading(upload!);
        requireDeclared(upload!, content);
        commit.check(session);
      }
      // The answer to our own commit was lost.
      if (mine.value) return { attachment: mine.value, keptOwn: mine.value.blobId === content.blobId };
      commit.check(mine);
      if (own.value) commit.check(own); // Nobody else knows the id of a blob without a record.

      const shared = dedupes ? await storedBefore(core, commit, index) : null;
      if (shared) {
        referTo(commit, shared);
      } else if (made) {
        const key = keys.blob(stored.blobId);
        commit.check({ key, versionstamp: null }).set(key, liveBlob(core, stored));
      } else commit.set(own.key, { ...own.value, ...liveBlob(core, content) });
      if (!shared && dedupes) commit.set(keys.blobBySha256(stored.sha256), stored.blobId);
      if ((shared || made) && own.value) discard(commit, own.value, { state: "deleting", sweepAt: now() });
      const record = { ...attachment, blobId: shared?.value?.id ?? stored.blobId };
      putAttachment(commit, record);
      const end = { status: "completed" as const, attachmentId: record.id, endedAt: now() };
      if (session?.value) endUpload(commit, { ...session.value, size: content.size }, end);
      else if (upload) {
        const { keepEndedDays } = core.config.sessions;
        createEnded(commit, { ...upload, size: content.size, ...end }, end.endedAt + keepEndedDays * DAY);
      }
      if (isCounted) {
        await limits.end(commit, { ownerId, id: uploadId ?? content.blobId, keeps: content.size });
      }
      auditFile(core, commit, { actor, attachment: record, how: uploadId ?? "in one request" });
      return { attachment: record, keptOwn: !shared && !made };
    }));
}

const absent = (key: Deno.KvKey) => ({ key, value: null, versionstamp: null });

/** `how`: the session by which it came, or in which way else. */
export function auditFile(
  { audit }: Core,
  commit: Deno.AtomicOperation,
  { actor, attachment, how }: { actor: Actor; attachment: AttachmentRecord; how: string },
): void {
  const { id, fileName, size, sha256, businessType, visibility, ownerId } = attachment;
  audit.add(commit, {
    actor,
    action: "attachment.create",
    target: { kind: "attachment", id },
    detail: { fileName, size, sha256, businessType, visibility, ownerId, upload: how },
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
  index: Deno.KvEntryMaybe<string>,
): Promise<Deno.KvEntry<BlobRecord> | null> {
  const { records } = core;
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

function liveBlob(
  { blobs }: Core,
  { blobId, size, sha256, crc32, segments = blobs.segments(blobId, size) }: StoredContent,
): BlobRecord {
  return {
    id: blobId,
    segments,
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
  { ownerId, facts, content }: Pick<Finishing, "ownerId" | "facts" | "content">,
): AttachmentRecord {
  const now = core.now();
  const { fileName, contentType, businessType, businessId, visibility, origin } = facts;
  return {
    ...(origin && { origin }),
    fileName,
    contentType,
    businessType,
    businessId,
    visibility,
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
