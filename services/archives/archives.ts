/** ZIPs of many attachments: what is in one is decided once, so that its bytes are the same at every request. */
import { createHash } from "node:crypto";
import { openContent } from "../attachments/content.ts";
import { actorOf } from "../audit/entry.ts";
import type { BlobReader } from "../blobs/blob_store.ts";
import type { Core } from "../core.ts";
import { each } from "../each.ts";
import { checkFileName } from "../file_name.ts";
import { isAttachmentId, newUploadId, UPLOAD_ID } from "../ids.ts";
import { type StepProgress, unwatched } from "../jobs/job.ts";
import type { AttachmentRecord, Caller } from "../model.ts";
import { allows, permitted, refusal } from "../policy.ts";
import { Problem } from "../problem.ts";
import { type ArchiveEntry, type ArchiveRecord, ENTRIES_PER_PART } from "../records/archives.ts";
import { keys } from "../records/keys.ts";
import { openArchive } from "./archive_reader.ts";
import { zipLayout } from "./zip_layout.ts";
import { uniqueNames } from "./zip_names.ts";

const HOUR = 3_600_000;
const KEEP_HOURS = 24;
export const MAX_FILES = 10_000;
const PARTS_PER_COMMIT = 10;
const DEFAULT_NAME = "files.zip";

/** An archive that can be fetched. */
export interface Archive {
  fileName: string;
  /** Bytes. */
  size: number;
  /** Of what is in it and in which order, lower-case hex: equal bytes have an equal one. */
  digest: string;
  /** Ms since 1970. */
  modifiedAt: number;
  /**
   * Opens its bytes, to be read from `first` on; the caller closes them. Throws `archive-changed` when a file is no
   * longer there for the caller; so does a read that comes to one.
   */
  open(first: number): Promise<BlobReader>;
}

export interface ArchiveRequest {
  /** Of attachments that the caller may read; one that comes twice is taken once. */
  ids: string[];
  fileName?: string | undefined;
}

/** Keeps it for a day. Throws `not-found` when one of the files is not there for the caller. */
export async function createArchive(
  core: Core,
  caller: Caller,
  request: ArchiveRequest,
): Promise<ArchiveRecord> {
  const { records, now } = core;
  const entries = entriesOf(await filesOf(core, caller, request.ids));
  const id = newUploadId();
  const createdAt = now();
  const record: ArchiveRecord = {
    id,
    ownerId: caller.id,
    fileName: archiveName(request.fileName),
    count: entries.length,
    size: zipLayout(entries).size,
    digest: digestOf(entries),
    createdAt,
    expiresAt: createdAt + KEEP_HOURS * HOUR,
  };
  // When it is to be removed is known before there is anything to remove.
  await records.transact((commit) => {
    commit.set(keys.archiveByExpiry(record.expiresAt, id), true);
    return Promise.resolve();
  });
  const parts = Array.from(
    { length: Math.ceil(entries.length / ENTRIES_PER_PART) },
    (_, part) => entries.slice(part * ENTRIES_PER_PART, (part + 1) * ENTRIES_PER_PART),
  );
  for (let at = 0; at < parts.length; at += PARTS_PER_COMMIT) {
    await records.transact((commit) => {
      parts.slice(at, at + PARTS_PER_COMMIT).forEach((part, index) =>
        commit.set(keys.archivePart(id, at + index), part)
      );
      return Promise.resolve();
    });
  }
  await records.transact(async (commit) => {
    const own = await records.get(keys.archive(id));
    if (own.value !== null) return; // Our own commit, whose answer was lost.
    commit.check(own).set(own.key, record);
    core.audit.add(commit, {
      actor: actorOf(caller),
      action: "archive.create",
      target: { kind: "archive", id },
      detail: { fileName: record.fileName, files: record.count, size: record.size },
    });
  });
  return record;
}

/** Throws `not-found` for what is not the caller's, and after its day. */
export async function findArchive(core: Core, caller: Caller, id: string): Promise<Archive> {
  const { records } = core;
  if (!UPLOAD_ID.test(id)) throw refusal(caller);
  const { value } = await records.get<ArchiveRecord>(keys.archive(id));
  const record = permitted(caller, "archive.read", value && core.now() < value.expiresAt ? value : null);
  const open = async (first: number) => {
    const count = Math.ceil(record.count / ENTRIES_PER_PART);
    const parts = await records.getMany<ArchiveEntry[]>(
      Array.from({ length: count }, (_, part) => keys.archivePart(id, part)),
    );
    const entries = parts.flatMap(({ value }) => value ?? []);
    // Its day is over since it was found, and what was kept of it is being removed.
    if (entries.length !== record.count) throw refusal(caller);
    return await openEntries(core, caller, { entries, first });
  };
  const { fileName, size, digest, createdAt } = record;
  return { fileName, size, digest, modifiedAt: createdAt, open };
}

/** One that is not kept: the same ids give the same bytes while the files stay as they are. */
export async function archiveOf(
  core: Core,
  caller: Caller | null,
  request: ArchiveRequest,
): Promise<Archive> {
  const attachments = await filesOf(core, caller, request.ids);
  const entries = entriesOf(attachments);
  return {
    fileName: archiveName(request.fileName),
    size: zipLayout(entries).size,
    digest: digestOf(entries),
    // A file that was renamed is another entry.
    modifiedAt: Math.max(0, ...attachments.map(({ updatedAt }) => updatedAt)),
    open: (first) => openEntries(core, caller, { entries, first }),
  };
}

/** Removes archives whose day is over. */
export async function expireArchives(
  { records, now }: Core,
  progress: StepProgress = unwatched(),
): Promise<{ removed: number; more: boolean }> {
  const { tally } = progress;
  const limit = 20;
  const before = tally.removed;
  const prefix = keys.archivesByExpiry();
  const due = await records.page(prefix, { limit, before: [...prefix, now() + 1] });
  await each(due, async ({ key }) => {
    tally.lookedAt++;
    const id = key.at(-1) as string;
    for (;;) {
      const parts = await records.page(keys.archiveParts(id), { limit: 100 });
      await records.transact((commit) => {
        commit.delete(keys.archive(id));
        for (const part of parts) commit.delete(part.key);
        if (parts.length < 100) commit.delete(key);
        return Promise.resolve();
      });
      if (parts.length < 100) break;
    }
    tally.removed++;
  }, progress);
  return { removed: tally.removed - before, more: due.length === limit };
}

function archiveName(given: string | undefined): string {
  if (given === undefined) return DEFAULT_NAME;
  const name = checkFileName(given);
  return /\.zip$/i.test(name) ? name : checkFileName(`${name}.zip`);
}

async function filesOf(core: Core, caller: Caller | null, wanted: string[]): Promise<AttachmentRecord[]> {
  const ids = [...new Set(wanted)];
  ids.forEach((id, index) => {
    if (!isAttachmentId(id)) throw missing(caller, index);
  });
  const found = await core.records.getMany<AttachmentRecord>(ids.map((id) => keys.attachment(id)));
  return found.map(({ value }, index) => {
    if (value && isReadable(caller, value)) return value;
    throw missing(caller, index);
  });
}

function entriesOf(attachments: AttachmentRecord[]): ArchiveEntry[] {
  const names = uniqueNames(attachments.map(({ fileName }) => fileName));
  return attachments.map(({ id, size, sha256, crc32, createdAt }, index) => ({
    attachmentId: id,
    name: names[index]!,
    size,
    sha256,
    crc32,
    modifiedAt: createdAt,
  }));
}

/** What lies in a recycle bin goes into no archive. */
function isReadable(caller: Caller | null, attachment: AttachmentRecord): boolean {
  return attachment.deletedAt === null && allows(caller, "attachment.read", attachment);
}

/** The same for what does not exist and for what is somebody else's. */
function missing(caller: Caller | null, index: number): Problem {
  if (caller === null) return refusal(null);
  return new Problem(
    "not-found",
    "One of the files is not there for you; `index` says which, from 0. Leave it out of the archive.",
    { extra: { index } },
  );
}

function digestOf(entries: ArchiveEntry[]): string {
  const hash = createHash("sha256").update("zip-1\n");
  for (const { name, size, sha256, modifiedAt } of entries) {
    hash.update(JSON.stringify([name, size, sha256, modifiedAt]));
  }
  return hash.digest("hex");
}

/** Each file is asked for again when its turn comes: what was taken away meanwhile is not handed out. */
async function openEntries(
  core: Core,
  caller: Caller | null,
  { entries, first }: { entries: ArchiveEntry[]; first: number },
): Promise<BlobReader> {
  const openEntry = async (index: number) => {
    const { attachmentId, sha256 } = entries[index]!;
    const { value } = await core.records.get<AttachmentRecord>(keys.attachment(attachmentId));
    if (value && isReadable(caller, value) && value.sha256 === sha256) return await openContent(core, value);
    throw new Problem(
      "archive-changed",
      `The file ${attachmentId} is no longer there for you. Make the archive anew without it.`,
      { extra: { id: attachmentId } },
    );
  };
  return await openArchive(zipLayout(entries), { first, openEntry });
}
