/** Ending a session without a file: cancelled, failed or expired. Records first, bytes afterwards. */
import { type Actor, actorOf } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import type { BlobRecord, Caller, UploadRecord, UploadStatus } from "../model.ts";
import type { ProblemCode } from "../problem.ts";
import { discard, release, sealPart } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { type ActivityRecord, endUpload } from "../records/uploads.ts";
import { endedProblem, findUpload } from "./find.ts";

const CHUNKS_PER_COMMIT = 500;
const USERS_PER_LOOK = 1000;
const MINUTE = 60_000;

export const PART_GONE =
  "A part of this upload was given up before all of its bytes had come. Open a new upload for the file.";

/** Cancels; again is no error. Throws `upload-ended` when the upload is complete: its attachment is to be deleted then. */
export async function cancelUpload(core: Core, caller: Caller, id: string): Promise<void> {
  const record = await findUpload(core, caller, { id, action: "upload.cancel" });
  const ended = await endWithoutFile(core, record, { status: "cancelled", actor: actorOf(caller) });
  if (ended.status !== "cancelled" && ended.status !== "expired" && ended.status !== "failed") {
    throw endedProblem(ended);
  }
}

/** Gives the session as it is now: one that has ended otherwise before stays so. */
export async function failUpload(
  core: Core,
  record: UploadRecord,
  { failure, reason, actor }: { failure: string; reason?: ProblemCode | undefined; actor: Actor },
): Promise<UploadRecord> {
  return await endWithoutFile(core, record, { status: "failed", failure, reason, actor });
}

const ACTIONS = { cancelled: "upload.cancel", failed: "upload.fail", expired: "upload.expire" } as const;

interface End {
  status: Extract<UploadStatus, "cancelled" | "failed" | "expired">;
  failure?: string;
  reason?: ProblemCode | undefined;
  /** Who ended it, or asked for what failed. */
  actor: Actor;
  /** Ends it only while this is still so. */
  onlyIf?: (entries: { activity: ActivityRecord | null }) => boolean;
}

/** Commits the end, tells the writers to stop, then frees the bytes. Gives the session as it is now. */
export async function endWithoutFile(core: Core, record: UploadRecord, end: End): Promise<UploadRecord> {
  const { records, now } = core;
  const { ownerId, id } = record;
  using lease = record.concat?.kind === "partial" ? await core.live.open(record) : null;
  const after = await core.limits.inTurn(ownerId, () =>
    records.transact(async (commit) => {
      const session = await records.get<UploadRecord>(keys.upload(record.id));
      if (session.value?.status !== "uploading") return session.value ?? record;
      if (end.onlyIf) {
        const activity = await records.get<ActivityRecord>(keys.uploadActivity(record.id));
        if (!end.onlyIf({ activity: activity.value })) return session.value;
        commit.check(activity);
      }
      const blob = await records.get<BlobRecord>(keys.blob(record.blobId));
      commit.check(session, blob);
      const ended = {
        status: end.status,
        failure: end.failure ?? null,
        ...(end.reason && { failureCode: end.reason }),
        endedAt: now(),
      };
      endUpload(commit, session.value, ended);
      const isWhole = lease !== null && lease.upload.received.bytes === session.value.size;
      const staysAsPart = blob.value !== null && isWhole && blob.value.refs > 0;
      if (staysAsPart) {
        sealPart(commit, blob.value!, core.blobs.segments(blob.value!.id, session.value.size!));
      } else if (blob.value) discard(commit, blob.value, { state: "deleting", sweepAt: now() });
      await core.limits.end(commit, { ownerId, id, keeps: staysAsPart ? session.value.size! : 0 });
      core.audit.add(commit, {
        actor: end.actor,
        action: ACTIONS[end.status],
        target: { kind: "upload", id },
        detail: {
          fileName: record.fileName,
          ownerId,
          ...(end.failure !== undefined && { why: end.failure }),
        },
      });
      return { ...session.value, ...ended };
    }));
  if (after.status !== end.status) return after;
  await core.live.peek(record.id)?.claims.clear(endedProblem(after));
  core.live.forget(record.id);
  await removeOwnBlob(core, record.blobId);
  core.background.run("clean up after upload", async () => {
    await sweepLeftover(core, record.id);
    if (lease) await failUsers(core, record, end.actor);
  });
  return after;
}

/** The final uploads that were to be made of bytes which have gone with their part. */
async function failUsers(core: Core, part: UploadRecord, actor: Actor): Promise<void> {
  const { value } = await core.records.get<BlobRecord>(keys.blob(part.blobId));
  if (value && value.state !== "deleting") return;
  const users = await core.records.page<string>(keys.blobUsers(part.blobId), { limit: USERS_PER_LOOK });
  for (const user of users) {
    const { value: final } = await core.records.get<UploadRecord>(keys.upload(user.value));
    if (final?.status === "uploading") await failUpload(core, final, { failure: PART_GONE, actor });
  }
}

/** Who lets a blob live again that is `deleting` does it in this turn, so that its bytes do not go meanwhile. */
export const removalTurn = (id: string): string => `removal of ${id}`;

/**
 * Frees the bytes of a blob that is `deleting`, and those that came when its record was gone already; asked again, does
 * nothing.
 */
export async function removeOwnBlob(core: Core, id: string): Promise<void> {
  await core.inTurn(removalTurn(id), () => removeIfDeleting(core, id));
}

async function removeIfDeleting(core: Core, id: string): Promise<void> {
  const { records, blobs } = core;
  const { value } = await records.get<BlobRecord>(keys.blob(id));
  // A writer came late: no sweep would find these.
  if (!value) return await blobs.remove(id);
  // What is held is left to the sweep.
  if (value.state !== "deleting" || core.removals.isHeld) return;
  await blobs.remove(id);
  for (const part of value.parts ?? []) await releasePart(core, { part, user: id });
  await records.transact(async (commit) => {
    const entry = await records.get<BlobRecord>(keys.blob(id));
    if (entry.value?.state !== "deleting") return;
    commit.check(entry).delete(entry.key);
    if (entry.value.sweepAt !== null) commit.delete(keys.blobSweep(entry.value.sweepAt, id));
  });
}

/** Blob `user` is made of bytes of `part` no more; asked again, does nothing. */
async function releasePart(core: Core, { part, user }: { part: string; user: string }): Promise<void> {
  const { records, now, config } = core;
  await records.transact(async (commit) => {
    const use = await records.get<string>(keys.blobUser(part, user));
    if (use.value === null) return;
    commit.check(use).delete(use.key);
    const blob = await records.get<BlobRecord>(keys.blob(part));
    if (blob.value && blob.value.state !== "deleting") {
      release(commit, blob, now() + config.blobs.graceMinutes * MINUTE);
    }
  });
}

/** Deletes the chunk records of a session that has ended, in batches. */
export async function sweepLeftover({ records }: Core, id: string): Promise<void> {
  for (;;) {
    const chunks = await records.page(keys.uploadChunks(id), { limit: CHUNKS_PER_COMMIT });
    await records.transact((commit) => {
      for (const { key } of chunks) commit.delete(key);
      if (chunks.length < CHUNKS_PER_COMMIT) commit.delete(keys.uploadLeftover(id));
      return Promise.resolve();
    });
    if (chunks.length < CHUNKS_PER_COMMIT) return;
  }
}

/** For a writer that failed: when the session has ended meanwhile, removes what it wrote too late, and says so. */
export async function reasonOfFailure(core: Core, record: UploadRecord, error: unknown): Promise<unknown> {
  const { value } = await core.records.get<UploadRecord>(keys.upload(record.id));
  if (value?.status === "uploading") return error;
  const blob = await core.records.get<BlobRecord>(keys.blob(record.blobId));
  // While it is `deleting` somebody removes it, perhaps before the last of these bytes: then nobody would later.
  const isGoing = blob.value?.state === "deleting" && !core.removals.isHeld;
  if (!blob.value || isGoing) await core.blobs.remove(record.blobId);
  return endedProblem(value);
}
