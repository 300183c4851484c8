/** Attachment records with their indexes. Each function adds to a commit; the caller checks the entry. */
import type { AttachmentRecord } from "../model.ts";
import { type Bin, keys } from "./keys.ts";

type Commit = Deno.AtomicOperation;

/** `live`; `deleted`: in the recycle bin of its owner; `binned`: hidden from the owner, administrators can restore it. */
export type Stage = Bin | "binned";

export function stageOf({ deletedAt, binnedAt }: AttachmentRecord): Stage {
  if (deletedAt === null) return "live";
  return (binnedAt ?? null) === null ? "deleted" : "binned";
}

/** Since when it has belonged to nothing; null: that does not matter to it. */
export function orphanSince(record: AttachmentRecord): number | null {
  if (record.orphanSince !== undefined) return record.orphanSince;
  return record.businessId === null ? record.createdAt : null;
}

/** Files that old clients brought are orphans by one rule, whatever their type; no business type is called so. */
export const COMPAT_ORPHANS = "*compat";

/** Among which it is looked for when it belongs to nothing. */
export function orphanGroup({ origin, businessType }: AttachmentRecord): string {
  return origin === "compat" ? COMPAT_ORPHANS : businessType;
}

/** Indexes hold nothing: they say where to look. */
export function indexKeys(record: AttachmentRecord): Deno.KvKey[] {
  const { id, ownerId, businessType, businessId } = record;
  const stage = stageOf(record);
  if (stage === "binned") return [keys.attachmentBinned(record.binnedAt!, id)];
  const found = [
    keys.attachmentByOwner(ownerId, stage, id),
    keys.attachmentByBusiness({ owner: ownerId, type: businessType, id: null }, stage, id),
  ];
  if (businessId !== null) {
    found.push(keys.attachmentByBusiness({ owner: ownerId, type: businessType, id: businessId }, stage, id));
  }
  if (stage === "deleted") return [...found, keys.attachmentDeleted(record.deletedAt!, id)];
  const since = orphanSince(record);
  if (since !== null) found.push(keys.attachmentOrphan(orphanGroup(record), since, id));
  if (businessId !== null && record.visibility !== "private") {
    found.push(keys.attachmentShared({ type: businessType, id: businessId }, id));
  }
  found.push(keys.attachmentByName(ownerId, record.fileName, id));
  return [...found, keys.attachmentByContent(ownerId, record.sourceSha256, id)];
}

/** Whether `key` is an entry of an index that leads to the record as it is. */
export function isIndexedBy(record: AttachmentRecord, key: Deno.KvKey): boolean {
  const same = (other: Deno.KvKey) =>
    other.length === key.length && other.every((part, at) => part === key[at]);
  return indexKeys(record).some(same);
}

/** Stores a new record, or `record` in place of `before`. */
export function putAttachment(commit: Commit, record: AttachmentRecord, before?: AttachmentRecord): void {
  for (const key of before ? indexKeys(before) : []) commit.delete(key);
  for (const key of indexKeys(record)) commit.set(key, true);
  commit.set(keys.attachment(record.id), record);
}

export function dropAttachment(commit: Commit, record: AttachmentRecord): void {
  for (const key of indexKeys(record)) commit.delete(key);
  commit.delete(keys.attachment(record.id)).delete(keys.downloadCount(record.id));
}
