/** Managed files: look at one, change what it is called and belongs to. */
import { actorOf, type AuditDetail } from "../audit/entry.ts";
import { checkContent } from "../content/check_content.ts";
import type { Core } from "../core.ts";
import { extensionOf } from "../file_name.ts";
import { fileFacts, requireSize, rulesOf } from "../file_rules.ts";
import { isAttachmentId } from "../ids.ts";
import { inspectStored } from "../images/process.ts";
import type { AttachmentRecord, BlobRecord, Caller, FileFacts, ImageFacts, Visibility } from "../model.ts";
import { type Action, permitted, refusal } from "../policy.ts";
import { Problem } from "../problem.ts";
import { putAttachment } from "../records/attachments.ts";
import { keys } from "../records/keys.ts";

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
    const facts = fileFacts(core.config, { ...before, image: undefined, ...given });
    requireSize(core.config, { businessType: facts.businessType, size: before.size });
    await requireTrueName(core, { before, facts });
    const image = await pictureOf(core, { before, facts });
    const now = core.now();
    const after: AttachmentRecord = {
      ...before,
      ...facts,
      contentType: before.contentType,
      image,
      updatedAt: now,
      ...(facts.businessId !== before.businessId && { orphanSince: facts.businessId === null ? now : null }),
    };
    commit.check(entry);
    putAttachment(commit, after, before);
    core.audit.add(commit, {
      actor: actorOf(caller),
      action: "attachment.change",
      target: { kind: "attachment", id },
      detail: differences(before, after),
    });
    return after;
  });
}

const CHANGEABLE = ["fileName", "businessType", "businessId", "visibility"] as const;

/** Each member that changed as it is, and as it was before: `visibility` and `oldVisibility`. */
function differences(before: AttachmentRecord, after: AttachmentRecord): AuditDetail {
  const changed = CHANGEABLE.filter((name) => before[name] !== after[name]);
  return Object.fromEntries(changed.flatMap((name) => [
    [name, after[name]],
    [`old${name[0]!.toUpperCase()}${name.slice(1)}`, before[name]],
  ]));
}

/** Another name or type is taken for what the bytes are. */
async function requireTrueName(
  core: Core,
  { before, facts }: { before: AttachmentRecord; facts: FileFacts },
): Promise<void> {
  if (
    facts.businessType === before.businessType && extensionOf(facts.fileName) === extensionOf(before.fileName)
  ) {
    return;
  }
  const { value: blob } = await core.records.get<BlobRecord>(keys.blob(before.blobId));
  if (blob) await checkContent(core, { facts, stored: blob });
}

/** A type that removes metadata takes sound pictures without any; moved to it, a picture is looked at anew. */
async function pictureOf(
  core: Core,
  { before, facts }: { before: AttachmentRecord; facts: FileFacts },
): Promise<ImageFacts | null> {
  const { image = null, blobId, businessType } = before;
  const isLookedAt = facts.businessType !== businessType && !image?.metadataRemoved &&
    rulesOf(core.config, facts.businessType).removeExif;
  if (!isLookedAt) return image;
  const { value: blob } = await core.records.get<BlobRecord>(keys.blob(blobId));
  return blob ? await inspectStored(core, { facts, stored: blob }) : image;
}

/** `verb`: what cannot be done to it there, "changed". */
export function inBin(verb: string): Problem {
  return new Problem("attachment-state", `A file in the recycle bin cannot be ${verb}. Restore it first.`);
}
