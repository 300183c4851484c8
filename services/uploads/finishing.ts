/** Finishing a session whose bytes are all there: its digest, then one commit; shared by all who ask at once. */
import type { Actor } from "../audit/entry.ts";
import type { ContentDigest } from "../blobs/blob_store.ts";
import type { Core } from "../core.ts";
import type { ImageRequest, Segment, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { failUpload, removeOwnBlob, sweepLeftover } from "./end.ts";
import { requireUploading } from "./find.ts";
import { finish, type Finished, refusesContent, type StoredContent } from "./finish.ts";
import type { LiveUpload } from "./live.ts";
import { finalSegments } from "./parts.ts";
import { digestOf as digestOfTail } from "./place.ts";

interface FinishWork {
  record: UploadRecord;
  upload: LiveUpload;
  /** Declared by this request, lower-case hex. */
  sha256: string | null;
  /** Who asks, for the audit; of several that ask at once the first. */
  actor: Actor;
  /** Instead of what the session says. */
  imageRequest?: ImageRequest | undefined;
}

/** Joins the finishing that is going on, or starts it; it goes on when nobody waits any more. */
export function finishOnce(core: Core, work: FinishWork): Promise<string> {
  const { record, upload } = work;
  if (upload.finishing) return upload.finishing;
  const finishing = finishUpload(core, work);
  finishing.catch(() => {}); // Everybody who waits for it hears of it.
  upload.finishing = finishing;
  // Keeps the live upload in memory, and a stop waiting, until it has ended.
  core.background.run("finish upload", async () => {
    using _lease = await core.live.open(record);
    try {
      await finishing;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    } finally {
      upload.finishing = null;
    }
  });
  return finishing;
}

/** The attachment's id. */
async function finishUpload(
  core: Core,
  { record, upload, sha256, imageRequest, actor }: FinishWork,
): Promise<string> {
  const isFinal = record.concat?.kind === "final";
  const segments = isFinal
    ? await finalSegments(core, record)
    : core.blobs.segments(record.blobId, record.size!);
  const size = sizeOf(segments);
  const digest = knownDigest(upload, size) ?? await digestOf(core, record, segments);
  if ("attachmentId" in digest) return digest.attachmentId!;
  for (const declared of [record.sha256, sha256]) {
    if (declared === null || declared === digest.sha256) continue;
    const failure = mismatchFailure(digest.sha256, declared);
    const after = await failUpload(core, record, { failure, reason: "digest-mismatch", actor });
    if (after.status === "completed") return after.attachmentId!;
    throw new Problem("digest-mismatch", failure, { extra: { declared, received: digest.sha256 } });
  }
  const content: StoredContent = { blobId: record.blobId, size, ...digest, ...(isFinal && { segments }) };
  let finished: Finished;
  try {
    const { id: uploadId, ownerId } = record;
    const facts = imageRequest ? { ...record, imageRequest } : record;
    finished = await finish(core, { ownerId, facts, content, uploadId, actor });
  } catch (error) {
    if (!refusesContent(error)) throw error;
    const after = await failUpload(core, record, { failure: error.message, reason: error.code, actor });
    if (after.status === "completed") return after.attachmentId!;
    throw error;
  }
  const { attachment, keptOwn } = finished;
  core.live.forget(record.id);
  if (isFinal) await settleParts(core, record);
  tidyUp(core, record, { keptOwn });
  return attachment.id;
}

/** What was counted of the parts stays so: it is the file's now. Their slot is free. */
async function settleParts(core: Core, { ownerId, concat }: UploadRecord): Promise<void> {
  const ids = new Set(concat?.kind === "final" ? concat.parts.map(({ id }) => id) : []);
  const settle = () => core.limits.settle(ownerId, [...ids].map((id) => ({ id, keeps: Infinity })));
  // The file is there, whatever becomes of this.
  await settle().catch(() => core.background.run("settle limits of parts", settle));
}

/** After the commit that finished it: superfluous bytes and the chunk records go. */
export function tidyUp(core: Core, record: UploadRecord, { keptOwn }: { keptOwn: boolean }): void {
  core.background.run("clean up after upload", async () => {
    if (!keptOwn) await removeOwnBlob(core, record.blobId);
    await sweepLeftover(core, record.id);
  });
}

export function mismatchFailure(received: string, declared: string): string {
  return `The file's SHA-256 is ${received}, but ${declared} was declared. The upload has failed and its bytes are gone; send the file again.`;
}

const sizeOf = (segments: Segment[]) => segments.reduce((size, { length }) => size + length, 0);

/** When all bytes came one behind the other, they went through one hash on their way. */
function knownDigest({ tail }: LiveUpload, size: number): ContentDigest | null {
  return tail?.offset === 0 && tail.size === size ? digestOfTail(tail) : null;
}

/** Or the session, when it was completed meanwhile, so that the bytes may be gone. */
async function digestOf(
  core: Core,
  record: UploadRecord,
  segments: Segment[],
): Promise<ContentDigest | UploadRecord> {
  try {
    return await core.blobs.digest(record.blobId, segments);
  } catch (error) {
    const { value } = await core.records.get<UploadRecord>(keys.upload(record.id));
    if (value?.status === "completed") return value;
    requireUploading(value);
    throw error;
  }
}

/** null when it takes longer. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, ms, null);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
