/**
 * Counts what is stored, and by whom: all rows, some of them a commit. The commit that counts rows also says behind
 * which one the count goes on, so that each row is counted once, whatever is cut off. Rows that change meanwhile
 * count as they were before or after; what nobody changes is exact.
 */
import type { Core } from "../core.ts";
import type { StepContext, StepResult } from "../jobs/job.ts";
import type { AttachmentRecord, BlobRecord, UploadRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import {
  COUNT_STAGES,
  type CountRecord,
  type CountStage,
  type DayRecord,
  type OwnerFigures,
  type ReportRecord,
  type UsageRecord,
} from "../records/reports.ts";
import type { ChunkRecord } from "../records/uploads.ts";
import type { VariantRecord } from "../records/variants.ts";
import {
  addAttachment,
  addBlob,
  addVariant,
  atLeastNothing,
  noFigures,
  noOwnerFigures,
  sumOf,
} from "./figures.ts";

/** Of one commit; each may be another owner's, and the keys of a commit are 80 KiB at most. */
const ROWS = 250;
/** Of one step. */
const COMMITS = 20;
/** Between two commits, at most. */
const MAX_BREATH_MS = 200;
/** Days of which a line is kept. */
export const MAX_DAYS = 400;

export interface CountSizes {
  rows?: number;
  commits?: number;
}

/** Goes on with the count that `position` names, else begins anew. */
export async function countStorage(
  core: Core,
  { position, tally, pulse }: Pick<StepContext, "position" | "tally" | "pulse">,
  { rows = ROWS, commits = COMMITS }: CountSizes = {},
): Promise<StepResult> {
  let count = position === null ? null : Number(position);
  for (let done = 0; done < commits; done++) {
    await pulse();
    const started = performance.now();
    const { after, counted } = await countSome(core, { count, limit: rows });
    tally.lookedAt += counted;
    if (after.stage === "done") return { next: "done" };
    if (core.gate.running > 0) await breathe(performance.now() - started);
    count = after.count;
  }
  return { next: "more", position: String(count) };
}

/** Half of the database's time is for those who wait for it. */
async function breathe(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.min(ms, MAX_BREATH_MS)));
}

/** One commit: the next rows of the count, or of a new one. */
async function countSome(
  core: Core,
  { count, limit }: { count: number | null; limit: number },
): Promise<{ after: CountRecord; counted: number }> {
  return await core.records.transact(async (commit) => {
    const entry = await core.records.get<CountRecord>(keys.storageCount());
    const before = count !== null && entry.value?.count === count && entry.value.stage !== "done"
      ? entry.value
      : await newCount(core, entry.value);
    const after = structuredClone(before);
    const prefix = PREFIXES[before.stage];
    const rows = prefix === null ? [] : await core.records.page<unknown>(prefix, {
      limit,
      ...(before.after && { after: [...prefix, ...before.after] }),
    });
    await COUNTING[before.stage](core, commit, { count: after, rows });
    if (rows.length < limit) {
      after.stage = COUNT_STAGES[COUNT_STAGES.indexOf(before.stage) + 1]!;
      after.after = null;
    } else after.after = rows.at(-1)!.key.slice(prefix!.length);
    commit.check(entry).set(entry.key, after);
    return { after, counted: rows.length };
  });
}

async function newCount({ records, now }: Core, before: CountRecord | null): Promise<CountRecord> {
  const { value: report } = await records.get<ReportRecord>(keys.storageReport());
  return {
    count: Math.max(before?.count ?? 0, report?.count ?? 0) + 1,
    published: report?.count ?? null,
    stage: COUNT_STAGES[0],
    after: null,
    figures: noFigures(),
    startedAt: now(),
  };
}

const PREFIXES: Record<CountStage, Deno.KvKey | null> = {
  "old owners": keys.usageByBytesAll(),
  "attachments": keys.attachments(),
  "uploads": keys.uploadsOpen(),
  "chunks": keys.uploadChunksAll(),
  "owners": keys.usageReports(),
  "blobs": keys.blobs(),
  "variants": keys.variantsAll(),
  "publish": null,
  "done": null,
};

interface Rows {
  /** To be changed: as it is after these rows. */
  count: CountRecord;
  rows: Deno.KvEntry<unknown>[];
}

type Counting = (core: Core, commit: Deno.AtomicOperation, rows: Rows) => Promise<void> | void;

const COUNTING: Record<CountStage, Counting> = {
  "old owners": dropOldOwners,
  "attachments": countAttachments,
  "uploads": countUploads,
  "chunks": countChunks,
  "owners": orderOwners,
  "blobs": (_core, _commit, { count, rows }) => {
    for (const { value } of rows) addBlob(count.figures, value as BlobRecord);
  },
  "variants": (_core, _commit, { count, rows }) => {
    for (const { value } of rows) addVariant(count.figures, value as VariantRecord);
  },
  "publish": publish,
  "done": () => {},
};

/** The order of earlier counts; that of the published one stays until the next count, for who is reading it. */
function dropOldOwners(_core: Core, commit: Deno.AtomicOperation, { count, rows }: Rows): void {
  for (const { key } of rows) if (key[1] !== count.published) commit.delete(key);
}

async function countAttachments(core: Core, commit: Deno.AtomicOperation, { count, rows }: Rows) {
  const byOwner = new Map<string, OwnerFigures>();
  for (const { value } of rows) {
    const record = value as AttachmentRecord;
    addAttachment(count.figures, record);
    const figures = byOwner.get(record.ownerId) ?? noOwnerFigures();
    addAttachment(figures, record);
    byOwner.set(record.ownerId, figures);
  }
  await addToOwners(core, commit, { count, byOwner });
}

/** So that those are listed too who have no file yet. */
async function countUploads(core: Core, commit: Deno.AtomicOperation, { count, rows }: Rows) {
  count.figures.uploads += rows.length;
  const byOwner = new Map(rows.map(({ key }) => [key[1] as string, noOwnerFigures()]));
  await addToOwners(core, commit, { count, byOwner });
}

/** Nobody else changes these records, and each change of them checks the count. */
async function addToOwners(
  { records }: Core,
  commit: Deno.AtomicOperation,
  { count: { count, published }, byOwner }: { count: CountRecord; byOwner: Map<string, OwnerFigures> },
): Promise<void> {
  const owners = [...byOwner.keys()];
  const entries = await records.getMany<UsageRecord>(owners.map((owner) => keys.usageReport(owner)));
  for (const [index, { key, value }] of entries.entries()) {
    const figures = sumOf(value?.[count] ?? noOwnerFigures(), byOwner.get(owners[index]!)!);
    commit.set(key, { ...ofCount(value, published), [count]: figures } satisfies UsageRecord);
  }
}

/** What is known of an owner of one count. */
function ofCount(usage: UsageRecord | null, count: number | null): UsageRecord {
  const figures = count === null ? undefined : usage?.[count];
  return figures === undefined ? {} : { [count!]: figures };
}

/** Chunk records of sessions that have ended are on their way out. */
async function countChunks({ records }: Core, _commit: Deno.AtomicOperation, { count, rows }: Rows) {
  const ids = [...new Set(rows.map(({ key }) => key[1] as string))];
  const sessions = await records.getMany<UploadRecord>(ids.map((id) => keys.upload(id)));
  const open = new Set(ids.filter((_id, index) => sessions[index]!.value?.status === "uploading"));
  for (const { key, value } of rows) {
    if (open.has(key[1] as string)) count.figures.uploadBytes += (value as ChunkRecord).size;
  }
}

/** The order by bytes; and what only earlier counts know goes. */
function orderOwners(_core: Core, commit: Deno.AtomicOperation, { count: { count, published }, rows }: Rows) {
  for (const { key, value } of rows) {
    const usage = value as UsageRecord;
    const figures = usage[count];
    if (figures) commit.set(keys.usageByBytes(count, figures.fileBytes, key[1] as string), true);
    else if (Object.keys(ofCount(usage, published)).length === 0) commit.delete(key);
  }
}

async function publish({ records, now }: Core, commit: Deno.AtomicOperation, { count: done }: Rows) {
  const { count, startedAt } = done;
  const figures = atLeastNothing(done.figures);
  const endedAt = now();
  const { files, fileBytes, storedBytes } = figures;
  commit.set(keys.storageReport(), { count, figures, startedAt, endedAt } satisfies ReportRecord)
    .set(
      keys.storageDay(new Date(endedAt).toISOString().slice(0, 10)),
      {
        files,
        fileBytes,
        storedBytes,
      } satisfies DayRecord,
    );
  const days = await records.page(keys.storageDays(), { limit: MAX_DAYS + 10 });
  for (const { key } of days.slice(0, Math.max(0, days.length - MAX_DAYS))) commit.delete(key);
}
