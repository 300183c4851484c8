/** Attachments by what they belong to, of all owners, and by their name. */
import type { Core } from "../core.ts";
import type { AttachmentRecord, Caller } from "../model.ts";
import { allows, permitted } from "../policy.ts";
import { stageOf } from "../records/attachments.ts";
import { keys } from "../records/keys.ts";
import { listAttachments } from "./list.ts";

/** The newest of a business object; more are listed by their owner's list only. */
const MAX_OF_BUSINESS = 1000;
/** Entries of an index whose files may have gone between two reads. */
const MAX_STALE = 20;

/** The caller's own files of a business object and those of others that they may read, newest first. */
export async function attachmentsOfBusiness(
  core: Core,
  caller: Caller | null,
  { businessType, businessId }: { businessType: string; businessId: string },
): Promise<AttachmentRecord[]> {
  const shared = await core.records.page(keys.attachmentsShared({ type: businessType, id: businessId }), {
    limit: MAX_OF_BUSINESS,
    reverse: true,
  });
  const entries = await core.records.getMany<AttachmentRecord>(
    shared.map(({ key }) => keys.attachment(String(key.at(-1)))),
  );
  const own = caller
    ? (await listAttachments(core, caller, {
      businessType,
      businessId,
      state: "live",
      sort: "created",
      limit: MAX_OF_BUSINESS,
    })).items
    : [];
  const found = new Map(own.map((record) => [record.id, record]));
  for (const { value: record } of entries) {
    if (record?.businessType !== businessType || record.businessId !== businessId) continue;
    if (stageOf(record) === "live" && allows(caller, "attachment.read", record)) found.set(record.id, record);
  }
  return [...found.values()].sort((a, b) => BigInt(a.id) < BigInt(b.id) ? 1 : -1).slice(0, MAX_OF_BUSINESS);
}

/** The caller's newest live file of this name. Throws `not-found`. */
export async function newestOfName(
  { records }: Core,
  caller: Caller,
  fileName: string,
): Promise<AttachmentRecord> {
  const index = await records.page(keys.attachmentsByName(caller.id, fileName), {
    limit: MAX_STALE,
    reverse: true,
  });
  const entries = await records.getMany<AttachmentRecord>(
    index.map(({ key }) => keys.attachment(String(key.at(-1)))),
  );
  const same = (record: AttachmentRecord | null) =>
    record !== null && stageOf(record) === "live" &&
    record.fileName.normalize("NFC") === fileName.normalize("NFC");
  return permitted(caller, "attachment.read", entries.find(({ value }) => same(value))?.value ?? null);
}
