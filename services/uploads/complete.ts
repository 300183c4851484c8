/** Finishing a session: all bytes there, the digest right, then one commit. */
import type { Core } from "../core.ts";
import type { AttachmentRecord, Caller, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { failUpload, removeOwnBlob, sweepLeftover } from "./end.ts";
import { endedProblem, findUpload, requireFresh, requireUploading } from "./find.ts";
import { attachmentOf, finish } from "./finish.ts";
import { declareSize } from "./length.ts";
import type { LiveUpload } from "./live.ts";

/** An answer says at most so many gaps; the rest is asked for after these have come. */
const MAX_GAPS = 1000;

export type Completion =
  /** `created`: by this request, or by one that it shares the work with. */
  | { state: "completed"; attachment: AttachmentRecord; created: boolean }
  /** Goes on in the background; ask again. */
  | { state: "completing" };

export interface CompleteRequest {
  id: string;
  /** Of the whole file, lower-case hex; compared with the bytes, and with what was declared before. */
  sha256: string | null;
}

/**
 * Throws `upload-incomplete` with the missing stretches, `digest-mismatch` when the bytes are not those declared
 * (the session has failed then), and what became of a session that ended otherwise.
 */
export async function complete(
  core: Core,
  caller: Caller,
  { id, sha256 }: CompleteRequest,
): Promise<Completion> {
  const leave = core.gate.enter();
  try {
    let record = await findUpload(core, caller, { id, action: "upload.write" });
    if (record.status === "completed") {
      const attachment = requireSame(await attachmentOf(core, record.attachmentId!), sha256);
      return { state: "completed", attachment, created: false };
    }
    if (record.status !== "uploading") throw endedProblem(record);
    using lease = await core.live.open(record);
    const upload = lease.upload;
    if (!upload.finishing) {
      requireFresh(core, upload);
      record = await withSize(core, record, upload);
      requireWhole(upload, record.size!);
    }
    const answerWithin = core.config.uploads.answerSeconds * 1000;
    const attachmentId = await within(answerWithin, finishOnce(core, { record, upload, sha256 }));
    if (attachmentId === null) return { state: "completing" };
    const attachment = requireSame(await attachmentOf(core, attachmentId), sha256);
    return { state: "completed", attachment, created: true };
  } finally {
    leave();
  }
}

/** An upload of which nobody has said the length ends where its bytes end, when none is missing before. */
async function withSize(core: Core, record: UploadRecord, upload: LiveUpload): Promise<UploadRecord> {
  if (record.size !== null) return record;
  requireWhole(upload, upload.received.end);
  const claim = await upload.claims.take({ start: upload.received.front, end: Infinity }, {
    now: core.elapsed,
    takeoverMs: core.config.uploads.takeoverSeconds * 1000,
  });
  try {
    requireWhole(upload, upload.received.end);
    return await declareSize(core, { record, upload, size: upload.received.front });
  } finally {
    claim.release();
  }
}

function requireWhole({ received }: LiveUpload, size: number): void {
  if (received.bytes === size) return;
  const missing = received.missing(size, MAX_GAPS);
  throw new Problem(
    "upload-incomplete",
    `${
      size - received.bytes
    } of ${size} bytes are missing. Send those named in \`missing\`, then complete again.`,
    {
      extra: { missing, missingBytes: size - received.bytes },
    },
  );
}

/** For those who declare a digest only after the upload was finished. */
function requireSame(attachment: AttachmentRecord, sha256: string | null): AttachmentRecord {
  if (sha256 === null || sha256 === attachment.sourceSha256) return attachment;
  throw new Problem(
    "digest-mismatch",
    `The upload is complete, and its SHA-256 is ${attachment.sourceSha256}, not ${sha256}.`,
    { extra: { declared: sha256, received: attachment.sourceSha256, attachmentId: attachment.id } },
  );
}

interface FinishWork {
  record: UploadRecord;
  upload: LiveUpload;
  sha256: string | null;
}

/** Joins the finishing that is going on, or starts it; it goes on when nobody waits any more. */
export function finishOnce(core: Core, { record, upload, sha256 }: FinishWork): Promise<string> {
  if (upload.finishing) return upload.finishing;
  const finishing = finishUpload(core, record, sha256);
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
async function finishUpload(core: Core, record: UploadRecord, sha256: string | null): Promise<string> {
  const size = record.size!;
  const content = await core.blobs.digest(record.blobId, core.blobs.segments(record.blobId, size)).catch(async (error) => {
    // Ended meanwhile, so that the bytes are gone?
    const { value } = await core.records.get<UploadRecord>(keys.upload(record.id));
    if (value?.status === "completed") return value;
    requireUploading(value);
    throw error;
  });
  if ("attachmentId" in content) return content.attachmentId!;
  for (const declared of [record.sha256, sha256]) {
    if (declared === null || declared === content.sha256) continue;
    const failure =
      `The file's SHA-256 is ${content.sha256}, but ${declared} was declared. The upload has failed and its bytes are gone; send the file again.`;
    const after = await failUpload(core, record, failure);
    if (after.status === "completed") return after.attachmentId!;
    throw new Problem("digest-mismatch", failure, { extra: { declared, received: content.sha256 } });
  }
  const { attachment, keptOwn } = await finish(core, {
    ownerId: record.ownerId,
    facts: record,
    content: { blobId: record.blobId, size, ...content },
    uploadId: record.id,
  });
  core.background.run("clean up after upload", async () => {
    if (!keptOwn) await removeOwnBlob(core, record.blobId);
    await sweepLeftover(core, record.id);
  });
  return attachment.id;
}

/** null when it takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, ms, null);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
