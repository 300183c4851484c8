/**
 * The recycle bin. What is deleted can be restored by its owner for some time; then it is hidden from the owner and
 * administrators can restore it, for some time more; then it is gone. Until then it keeps its bytes.
 */
import { type Actor, actorOf } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord, BlobRecord, Caller } from "../model.ts";
import { Problem } from "../problem.ts";
import { dropAttachment, putAttachment } from "../records/attachments.ts";
import { release } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { findAttachment } from "./attachments.ts";

const MINUTE = 60_000;

/** Into the recycle bin; again is no error. */
export async function softDelete(core: Core, caller: Caller, id: string): Promise<AttachmentRecord> {
  return await core.records.transact(async (commit) => {
    const entry = await findAttachment(core, caller, { id, action: "attachment.delete" });
    if (entry.value.deletedAt !== null) return entry.value;
    return putDeleted(core, commit, { entry, actor: actorOf(caller), detail: {} });
  });
}

/** Adds to the commit what a delete of a live one is. */
export function putDeleted(
  core: Core,
  commit: Deno.AtomicOperation,
  { entry, actor, detail }: {
    entry: Deno.KvEntry<AttachmentRecord>;
    actor: Actor;
    detail: Record<string, string>;
  },
): AttachmentRecord {
  const now = core.now();
  const after = { ...entry.value, deletedAt: now, updatedAt: now };
  commit.check(entry);
  putAttachment(commit, after, entry.value);
  core.audit.add(commit, {
    actor,
    action: "attachment.delete",
    target: { kind: "attachment", id: after.id },
    detail: { fileName: after.fileName, ...detail },
  });
  return after;
}

/** Out of the recycle bin; a live one stays as it is. */
export async function restore(core: Core, caller: Caller, id: string): Promise<AttachmentRecord> {
  return await core.records.transact(async (commit) => {
    const entry = await findAttachment(core, caller, { id, action: "attachment.restore" });
    if (entry.value.deletedAt === null) return entry.value;
    // Whoever restores it wants to keep it, whatever it belongs to.
    const after = {
      ...entry.value,
      deletedAt: null,
      binnedAt: null,
      orphanSince: null,
      updatedAt: core.now(),
    };
    commit.check(entry);
    putAttachment(commit, after, entry.value);
    core.audit.add(commit, {
      actor: actorOf(caller),
      action: "attachment.restore",
      target: { kind: "attachment", id },
      detail: { fileName: after.fileName },
    });
    return after;
  });
}

/** At once and for good. The bytes go with their last reference, after the grace time. */
export async function purge(core: Core, caller: Caller, id: string): Promise<void> {
  await findAttachment(core, caller, { id, action: "attachment.purge" });
  await purgeRecord(core, id, { actor: actorOf(caller), unless: () => false });
}

/** Removes the record with what hangs on it, unless it is one that stays. Gives the bytes that nothing needs any more; null: nothing was removed. */
export async function purgeRecord(
  core: Core,
  id: string,
  { actor, unless }: { actor: Actor; unless: (record: AttachmentRecord) => boolean },
): Promise<number | null> {
  return await core.records.transact(async (commit) => {
    const entry = await core.records.get<AttachmentRecord>(keys.attachment(id));
    // Absent after our own commit, whose answer was lost, or somebody else's.
    if (!entry.value || unless(entry.value)) return null;
    const blob = await core.records.get<BlobRecord>(keys.blob(entry.value.blobId));
    const tokens = await core.records.get<number>(keys.tokenCount(id));
    commit.check(entry, tokens);
    dropAttachment(commit, entry.value);
    if (tokens.value) commit.set(keys.tokenLeftover(id), true);
    if (blob.value) release(commit, blob, core.now() + core.config.blobs.graceMinutes * MINUTE);
    const { fileName, size, sha256, ownerId } = entry.value;
    core.audit.add(commit, {
      actor,
      action: "attachment.purge",
      target: { kind: "attachment", id },
      detail: { fileName, size, sha256, ownerId },
    });
    return blob.value?.refs === 1 ? blob.value.size : 0;
  });
}

export interface BatchResult {
  id: string;
  /** Why not; null when it was done. */
  problem: Problem | null;
}

/** Does `one` to each; what cannot be done says why and does not stop the others. */
export async function inBatch(
  core: Core,
  caller: Caller,
  { ids, one }: { ids: string[]; one: (core: Core, caller: Caller, id: string) => Promise<unknown> },
): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  for (const id of ids) {
    try {
      await one(core, caller, id);
      results.push({ id, problem: null });
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      results.push({ id, problem: error });
    }
  }
  return results;
}
