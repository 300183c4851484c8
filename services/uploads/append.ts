/** Appends a body at the end of an upload's contiguous front: what sequential protocols do. */
import { type Actor, actorOf } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import { tooLarge } from "../file_rules.ts";
import { EXEMPT } from "../limits/permit.ts";
import type { Caller, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { appendBody, type Appended } from "./append_body.ts";
import { openBody } from "./body_source.ts";
import { sizeBound } from "./chunk_rules.ts";
import type { ContentDigests } from "./digest_check.ts";
import { failUpload, reasonOfFailure } from "./end.ts";
import { failedProblem, findUpload, requireFresh, requireUploading } from "./find.ts";
import { declareSize } from "./length.ts";
import type { LiveUpload } from "./live.ts";
import { Place } from "./place.ts";
import { settle, showState, stateOf, type UploadState } from "./state.ts";
import { readTail } from "./tail.ts";
import { requireOwnBytes } from "./write_chunk.ts";

export interface AppendRequest {
  /** Bytes from the file's start; must be the upload's true offset. */
  offset: number;
  /** Bytes of the body, 0 without one; null when it was sent without a length. */
  length: number | null;
  /** Of this body. With one all of the body counts or nothing; without, what safely arrived counts even when it breaks. */
  digests: ContentDigests;
  /** null: there is none. */
  body: ReadableStream<Uint8Array> | null;
  /** The whole file's length in bytes, when this request says it. */
  size?: number | null;
  /** The file ends where this body ends: says its length, at the latest when the body has come. */
  last?: boolean;
}

/**
 * Always takes over from an older request that writes there: that one is told to stop (`superseded`), and its last
 * write has settled before the offset is compared. Resolves when the bytes are on stable storage and recorded, and
 * the upload is finished if that were all.
 *
 * Throws `offset-mismatch` (`extra.expectedOffset` is the true one, `extra.providedOffset` the one sent; nothing has
 * changed), `inconsistent-length` (a length that contradicts the one known, or what has been received),
 * `body-too-large` (more bytes than the file has; none beyond is stored), `file-too-large` (more than its type may
 * have), `digest-mismatch` (of this body: nothing of it is kept), `upload-failed` (the whole is not what was
 * declared; the upload has ended), `forbidden` (a final upload takes no bytes), `body-incomplete`, `body-stalled`,
 * `superseded`, what limits say to bytes that were not counted yet, and what has become of an upload that ended. To one that is complete, an empty body at its end is
 * harmless and gives its state again.
 */
export async function appendToUpload(
  core: Core,
  caller: Caller,
  { id, append }: { id: string; append: AppendRequest },
): Promise<UploadState> {
  const leave = core.gate.enter();
  try {
    const record = await findUpload(core, caller, { id, action: "upload.write" });
    requireOwnBytes(record);
    if (record.status === "completed") {
      await requireNothingNew(core, record, append);
      return await showState(core, caller, id);
    }
    requireUploading(record);
    using lease = await core.live.open(record);
    requireFresh(core, lease.upload);
    return await appendTo(core, caller, { record, upload: lease.upload, append });
  } catch (error) {
    if (error instanceof Problem && error.code === "upload-ended") await requireTrueOffset(core, id, append);
    throw error;
  } finally {
    leave();
  }
}

interface Work {
  record: UploadRecord;
  upload: LiveUpload;
  append: AppendRequest;
}

async function appendTo(
  core: Core,
  caller: Caller,
  { record, upload, append }: Work,
): Promise<UploadState> {
  const { offset, length, body } = append;
  // The front never goes back: this can only become more wrong.
  if (offset < upload.received.front) throw mismatch(upload.received.front, offset);
  const size = sizeSaid(record, append);
  const farthest = size !== record.size || append.last ? Infinity : offset + (length ?? Infinity);
  // Also an empty body takes over.
  const claim = await upload.claims.take({ start: offset, end: Math.max(farthest, offset + 1) }, {
    now: core.elapsed,
    takeoverMs: 0,
  });
  const actor = actorOf(caller);
  let work = { record, upload };
  let appended: Appended;
  try {
    await core.live.refresh(upload);
    const { front } = upload.received;
    if (offset !== front) throw mismatch(front, offset);
    if (size !== null) work = { upload, record: await declareSize(core, { ...work, size }) };
    const end = sizeBound(core, work.record);
    const overflow = () => tooMuch(work.record, end);
    if (length !== null && offset + length > end) throw overflow();
    const permit = body ? await core.limits.goOn(caller, record.id) : EXEMPT;
    const tail = await readTail(core, work);
    const place = new Place(core, { ...work, start: offset, end, permit, overflow, sequential: { tail } });
    try {
      const last = append.last ?? false;
      appended = await appendBody(core, place, {
        ...work,
        actor,
        claim,
        last,
        body: { ...append, body: body ?? nothing() },
      });
    } finally {
      place.close();
    }
  } catch (error) {
    throw await reasonOfFailure(core, record, error);
  } finally {
    claim.release();
  }
  return await outcome(core, { upload, appended, actor });
}

/** The whole length that this request says, or the one known; null: not yet. Throws `inconsistent-length`. */
export function sizeSaid(
  { size: known }: Pick<UploadRecord, "size">,
  { offset, length, size, last }: Pick<AppendRequest, "offset" | "length" | "size" | "last">,
): number | null {
  const said = [known, size ?? null, last && length !== null ? offset + length : null].filter((one) =>
    one !== null
  );
  const [first = null, ...others] = said;
  for (const other of others) {
    if (other === first) continue;
    throw new Problem(
      "inconsistent-length",
      `The upload has ${first} bytes in all by one account and ${other} by another. A length that was said once stays.`,
    );
  }
  return first;
}

/** What a body is told that brings more bytes than there may be. */
export function tooMuch({ size, businessType }: UploadRecord, bound: number): Problem {
  if (size === null) return tooLarge({ businessType, maxBytes: bound });
  return new Problem("body-too-large", `The upload has ${size} bytes in all, and more of them came.`);
}

/** Finished, failed, or open: what the bytes have made of the session, after its claim was released. */
export async function outcome(
  core: Core,
  { upload, appended, actor }: { upload: LiveUpload; appended: Appended; actor: Actor },
): Promise<UploadState> {
  const { record } = appended;
  if ("attachment" in appended) return stateOf(record, appended.attachment);
  if ("failure" in appended) {
    const { failure, reason } = appended;
    await failUpload(core, record, { failure, reason, actor });
    throw failedProblem(failure, reason);
  }
  return await settle(core, { record, upload, actor });
}

function mismatch(expectedOffset: number, providedOffset: number): Problem {
  return new Problem(
    "offset-mismatch",
    `The upload goes on at byte ${expectedOffset}, not at ${providedOffset}. Send the bytes from there on.`,
    { extra: { expectedOffset, providedOffset } },
  );
}

const nothing = () => new Blob([]).stream();

/** For an upload that was completed while this request was under way. */
async function requireTrueOffset({ records }: Core, id: string, { offset }: AppendRequest): Promise<void> {
  const { value } = await records.get<UploadRecord>(keys.upload(id));
  if (value?.status === "completed" && value.size !== offset) throw mismatch(value.size!, offset);
}

/** For an upload that is complete. */
async function requireNothingNew(core: Core, record: UploadRecord, append: AppendRequest): Promise<void> {
  const size = record.size!;
  if (append.offset !== size) throw mismatch(size, append.offset);
  sizeSaid(record, append);
  if (!append.body || append.length === 0) return;
  if (append.length === null && await isEmpty(core, append.body)) return;
  throw tooMuch(record, size);
}

async function isEmpty(core: Core, body: ReadableStream<Uint8Array>): Promise<boolean> {
  const source = openBody(body, {
    length: null,
    pool: core.pool,
    transfers: core.metrics.transfers,
    idleMs: core.config.uploads.idleSeconds * 1000,
    signals: [core.gate.signal],
  });
  try {
    let bytes = await source.next();
    while (bytes?.length === 0) bytes = await source.next();
    if (source.failure) throw source.failure;
    return bytes === null;
  } finally {
    source.close();
  }
}
