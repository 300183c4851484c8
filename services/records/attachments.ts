/** Attachment records with their indexes. Each function adds to a commit; the caller checks the entry. */
import type { AttachmentRecord } from "../model.ts";
import { type Bin, keys } from "./keys.ts";

type Commit = Deno.AtomicOperation;

export const binOf = (record: AttachmentRecord): Bin => record.deletedAt === null ? "live" : "deleted";

/** Indexes hold nothing: they say where to look. */
function indexKeys(record: AttachmentRecord): Deno.KvKey[] {
  const { id, ownerId, businessType, businessId } = record;
  const bin = binOf(record);
  const found = [
    keys.attachmentByOwner(ownerId, bin, id),
    keys.attachmentByBusiness({ owner: ownerId, type: businessType, id: null }, bin, id),
  ];
  if (businessId !== null) {
    found.push(keys.attachmentByBusiness({ owner: ownerId, type: businessType, id: businessId }, bin, id));
  }
  if (record.deletedAt === null) found.push(keys.attachmentByContent(ownerId, record.sourceSha256, id));
  else found.push(keys.attachmentDeleted(record.deletedAt, id));
  return found;
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
