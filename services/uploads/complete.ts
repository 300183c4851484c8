/** Finishing a session: all bytes there, the digest right, then one commit. */
import { actorOf } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord, Caller, ImageRequest, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { endedProblem, findUpload, requireFresh } from "./find.ts";
import { attachmentOf } from "./finish.ts";
import { finishOnce, within } from "./finishing.ts";
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
  /** Instead of what was asked for when the session was opened. */
  image?: ImageRequest | undefined;
}

/**
 * Throws `upload-incomplete` with the missing stretches, `digest-mismatch` when the bytes are not those declared
 * (the session has failed then), and what became of a session that ended otherwise.
 */
export async function complete(
  core: Core,
  caller: Caller,
  { id, sha256, image }: CompleteRequest,
): Promise<Completion> {
  const leave = core.gate.enter();
  try {
    let record = await findUpload(core, caller, { id, action: "upload.write" });
    if (record.status === "completed") {
      const attachment = requireSame(await attachmentOf(core, record.attachmentId!), sha256);
      return { state: "completed", attachment, created: false };
    }
    if (record.status !== "uploading") throw endedProblem(record);
    if (record.concat?.kind === "partial") {
      throw new Problem(
        "forbidden",
        "This is a part of a larger upload; it becomes a file with that one only.",
      );
    }
    using lease = await core.live.open(record);
    const upload = lease.upload;
    if (!upload.finishing && !record.concat) {
      requireFresh(core, upload);
      record = await withSize(core, record, upload);
      requireWhole(upload, record.size!);
    }
    const answerWithin = core.config.uploads.answerSeconds * 1000;
    const attachmentId = await within(
      answerWithin,
      finishOnce(core, { record, upload, sha256, imageRequest: image, actor: actorOf(caller) }),
    );
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
