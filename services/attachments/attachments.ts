/** Managed files: look at one, change what it is called and belongs to, delete and bring back. */
import type { Core } from "../core.ts";
import { fileFacts, requireSize } from "../file_rules.ts";
import { isAttachmentId } from "../ids.ts";
import type { AttachmentRecord, BlobRecord, Caller, Visibility } from "../model.ts";
import { type Action, permitted, refusal } from "../policy.ts";
import { Problem } from "../problem.ts";
import { dropAttachment, putAttachment } from "../records/attachments.ts";
import { release } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";

const MINUTE = 60_000;

type AttachmentAction = Extract<Action, `attachment.${string}`>;

/** The attachment, when `caller` may do `action` to it. */
export async function findAttachment(
  core: Core,
  caller: Caller | null,
  { id, action }: { id: string; action: AttachmentAction },
): Promise<Deno.KvEntry<AttachmentRecord>> {
  if (!isAttachmentId(id)) throw refusal(caller);
  const entry = await core.records.get<AttachmentRecord>(keys.attachment(id));
  return { ...entry, value: permitted(caller, action, entry.value) } as Deno.KvEntry<AttachmentRecord>;
}

/** One in the recycle bin is shown to its owner and administrators. */
export async function getAttachment(
  core: Core,
  caller: Caller | null,
  id: string,
): Promise<AttachmentRecord> {
  return (await findAttachment(core, caller, { id, action: "attachment.read" })).value;
}

/** What a change names; absent members stay. */
export interface AttachmentChange {
  fileName?: string | undefined;
  businessType?: string | undefined;
  /** null: belongs to nothing any more. */
  businessId?: string | null | undefined;
  visibility?: Visibility | undefined;
}

/** Changes after the whole policy has passed again for what it would be then. */
export async function changeAttachment(
  core: Core,
  caller: Caller,
  { id, change }: { id: string; change: AttachmentChange },
): Promise<AttachmentRecord> {
  return await core.records.transact(async (commit) => {
    const entry = await findAttachment(core, caller, { id, action: "attachment.change" });
    const before = entry.value;
    if (before.deletedAt !== null) throw inBin("changed");
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const facts = fileFacts(core.config, { ...before, ...given });
    requireSize(core.config, { businessType: facts.businessType, size: before.size });
    const after = { ...before, ...facts, contentType: before.contentType, updatedAt: core.now() };
    commit.check(entry);
    putAttachment(commit, after, before);
    return after;
  });
}

/** Into the recycle bin; again is no error. */
export async function softDelete(core: Core, caller: Caller, id: string): Promise<AttachmentRecord> {
  return await core.records.transact(async (commit) => {
    const entry = await findAttachment(core, caller, { id, action: "attachment.delete" });
    if (entry.value.deletedAt !== null) return entry.value;
    const now = core.now();
    const after = { ...entry.value, deletedAt: now, updatedAt: now };
    commit.check(entry);
    putAttachment(commit, after, entry.value);
    return after;
  });
}

/** Out of the recycle bin; a live one stays as it is. */
export async function restore(core: Core, caller: Caller, id: string): Promise<AttachmentRecord> {
  return await core.records.transact(async (commit) => {
    const entry = await findAttachment(core, caller, { id, action: "attachment.restore" });
    if (entry.value.deletedAt === null) return entry.value;
    const after = { ...entry.value, deletedAt: null, updatedAt: core.now() };
    commit.check(entry);
    putAttachment(commit, after, entry.value);
    return after;
  });
}

/** At once and for good. The bytes go with their last reference, after the grace time. */
export async function purge(core: Core, caller: Caller, id: string): Promise<void> {
  const first = await findAttachment(core, caller, { id, action: "attachment.purge" });
  await core.records.transact(async (commit) => {
    const entry = await core.records.get<AttachmentRecord>(first.key);
    if (!entry.value) return; // Our own commit, whose answer was lost, or somebody else's.
    const blob = await core.records.get<BlobRecord>(keys.blob(entry.value.blobId));
    const tokens = await core.records.get<number>(keys.tokenCount(id));
    commit.check(entry, tokens);
    dropAttachment(commit, entry.value);
    if (tokens.value) commit.set(keys.tokenLeftover(id), true);
    if (blob.value) release(commit, blob, core.now() + core.config.blobs.graceMinutes * MINUTE);
  });
}

export interface DeleteResult {
  id: string;
  deleted: boolean;
  problem: Problem | null;
}

/** Soft-deletes each; what cannot be deleted says why and does not stop the others. */
export async function deleteMany(core: Core, caller: Caller, ids: string[]): Promise<DeleteResult[]> {
  const results: DeleteResult[] = [];
  for (const id of ids) {
    try {
      await softDelete(core, caller, id);
      results.push({ id, deleted: true, problem: null });
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      results.push({ id, deleted: false, problem: error });
    }
  }
  return results;
}

/** `verb`: what cannot be done to it there, "changed". */
export function inBin(verb: string): Problem {
  return new Problem("attachment-state", `A file in the recycle bin cannot be ${verb}. Restore it first.`);
}
