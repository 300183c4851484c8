/** An upload as the sequential protocols see it: one offset, and what it became. Looking at one finishes it when all its bytes are there. */
import { type Actor, actorOf } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord, Caller, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { failUpload, PART_GONE } from "./end.ts";
import { endedProblem, expiresAt, findUpload, requireFresh } from "./find.ts";
import { attachmentOf } from "./finish.ts";
import { finishOnce, within } from "./finishing.ts";
import type { LiveUpload } from "./live.ts";
import { readParts, sumOf } from "./parts.ts";

const FINALS_PER_LOOK = 1000;

export interface UploadState {
  /** As stored now. `status` is `completed` exactly when `attachment` is there. */
  record: UploadRecord;
  /** Where the next append starts: the end of the contiguous, recorded front. null: a final upload that is not finished. */
  offset: number | null;
  /** Bytes of the whole; null while nobody has said it. Of a final upload the sum of its parts, once all are known. */
  size: number | null;
  /** Ms since 1970; null when the upload does not expire any more. */
  expiresAt: number | null;
  /** What the upload became; null while bytes are missing, for parts, and while finishing goes on in the background. */
  attachment: AttachmentRecord | null;
}

/**
 * For HEAD. Asks running appends to make count what they have, so that the offset is taken by the next append if
 * nothing more comes meanwhile; finishes what is whole. Throws `not-found`, `upload-expired`, `upload-cancelled`,
 * `upload-failed` (also when finishing shows that the bytes are not those declared).
 */
export async function showState(core: Core, caller: Caller, id: string): Promise<UploadState> {
  const record = await findUpload(core, caller, { id, action: "upload.see" });
  if (record.status === "completed") return await finishedState(core, record);
  return await lookAgain(core, record, actorOf(caller));
}

/** The state of an open session. `actor` is who finishes it, if that is to be done. */
export async function lookAgain(core: Core, record: UploadRecord, actor: Actor): Promise<UploadState> {
  if (record.status !== "uploading") throw endedProblem(record);
  using lease = await core.live.open(record);
  const { upload } = lease;
  if (record.concat?.kind === "final") return await finalState(core, { record, upload, actor });
  // What is whole is finished, however late: its client saw the last byte acknowledged.
  if (record.concat || upload.received.bytes !== record.size) requireFresh(core, upload);
  await upload.claims.save();
  return await settle(core, { record, upload, actor });
}

interface Settling {
  record: UploadRecord;
  upload: LiveUpload;
  actor: Actor;
}

/** The state after a change of it: finished, if that was the last byte. */
export async function settle(core: Core, settling: Settling): Promise<UploadState> {
  const { record, upload, actor } = settling;
  const state = openState(core, record, upload);
  if (upload.received.bytes !== record.size || core.gate.stopping) return state;
  if (record.concat?.kind === "partial") {
    core.background.run("finish what is made of parts", () => lookAtFinals(core, record, actor));
    return state;
  }
  return await finishedNow(core, settling) ?? state;
}

function openState(core: Core, record: UploadRecord, upload: LiveUpload): UploadState {
  return {
    record,
    offset: upload.received.front,
    size: record.size,
    expiresAt: expiresAt(core, upload),
    attachment: null,
  };
}

async function finishedState(core: Core, record: UploadRecord): Promise<UploadState> {
  return stateOf(record, await attachmentOf(core, record.attachmentId!));
}

/** Of a session that has become `attachment`. */
export function stateOf(record: UploadRecord, attachment: AttachmentRecord): UploadState {
  const { id: attachmentId, size } = attachment;
  return {
    record: { ...record, status: "completed", attachmentId, size },
    offset: size,
    size,
    expiresAt: null,
    attachment,
  };
}

/** null when it takes longer. */
async function finishedNow(core: Core, settling: Settling): Promise<UploadState | null> {
  const { record } = settling;
  try {
    const finishing = finishOnce(core, { ...settling, sha256: null });
    const id = await within(core.config.uploads.answerSeconds * 1000, finishing);
    return id === null ? null : stateOf(record, await attachmentOf(core, id));
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "digest-mismatch") throw error;
    throw new Problem("upload-failed", error.message, { extra: { ...error.extra, reason: error.code } });
  }
}

/** Of a final upload: finished when its parts are whole, failed when one of them is gone. */
async function finalState(core: Core, settling: Settling): Promise<UploadState> {
  const { record, upload, actor } = settling;
  const parts = await readParts(core, record);
  if (parts.some(({ state }) => state === "gone")) {
    const after = await failUpload(core, record, { failure: PART_GONE, actor });
    if (after.status === "completed") return await finishedState(core, after);
    throw endedProblem(after);
  }
  const progress = Math.max(...parts.map(({ progressAt }) => progressAt));
  upload.lastProgressAt = Math.max(upload.lastProgressAt, progress);
  requireFresh(core, upload);
  const state = { ...openState(core, record, upload), offset: null, size: sumOf(parts) };
  if (core.gate.stopping || parts.some((part) => part.state === "open")) return state;
  return await finishedNow(core, settling) ?? state;
}

/** After a part has become whole: finishes what waited for it. */
export async function lookAtFinals(core: Core, part: UploadRecord, actor: Actor): Promise<void> {
  const users = await core.records.page<string>(keys.blobUsers(part.blobId), { limit: FINALS_PER_LOOK });
  for (const { value: id } of users) {
    const { value: final } = await core.records.get<UploadRecord>(keys.upload(id));
    if (final?.status !== "uploading") continue;
    await lookAgain(core, final, actor).catch((error) => {
      // It ended or failed meanwhile, and says so to whoever asks for it.
      if (!(error instanceof Problem)) throw error;
    });
  }
}
