/**
 * What time and crashes leave behind, removed in bounded steps: each call does some and says whether there is
 * more. Safe beside live traffic and beside another call of itself.
 */
import { SYSTEM } from "./audit/entry.ts";
import type { Core } from "./core.ts";
import { each } from "./each.ts";
import { dropVariants } from "./images/variant_store.ts";
import type { BlobRecord, UploadRecord } from "./model.ts";
import { Problem } from "./problem.ts";
import { type StepProgress, unwatched } from "./jobs/job.ts";
import { discard } from "./records/blobs.ts";
import { keys } from "./records/keys.ts";
import { ACTIVITY_EVERY_MS, type ActivityRecord, findKeys } from "./records/uploads.ts";
import { endWithoutFile, removeOwnBlob, sweepLeftover } from "./uploads/end.ts";
import { readParts } from "./uploads/parts.ts";
import { lookAgain } from "./uploads/state.ts";

const STEP = 100;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** The stored time of the last progress may be a minute too old; another one for what is under way. */
const ACTIVITY_COARSENESS_MS = 2 * ACTIVITY_EVERY_MS;

/** Removes condemned blobs whose grace time is over, and finishes removals that a crash interrupted. */
export async function sweepBlobs(core: Core): Promise<{ removed: number; more: boolean }> {
  const { records } = core;
  if (core.removals.isHeld) return { removed: 0, more: false };
  const due = await records.page<string>(keys.blobSweeps(), {
    limit: STEP,
    before: [...keys.blobSweeps(), core.now() + 1],
  });
  await each(due, async ({ key, value: id }) => {
    await records.transact(async (commit) => {
      const blob = await records.get<BlobRecord>(keys.blob(id));
      if (!blob.value || blob.value.sweepAt !== key.at(-2)) {
        commit.check(blob).delete(key); // Revived, or gone: this entry is stale.
      } else if (blob.value.state === "condemned") {
        commit.check(blob);
        discard(commit, blob.value, { state: "deleting", sweepAt: blob.value.sweepAt! });
        await forgetContent(core, commit, blob.value);
      }
    });
    const { value: blob } = await records.get<BlobRecord>(keys.blob(id));
    if (blob?.state === "deleting" && blob.sha256 !== null) await dropVariants(core, blob.sha256);
    await removeOwnBlob(core, id);
  });
  return { removed: due.length, more: due.length === STEP };
}

/** Adds to `commit` that nothing is put on the blob any more because its content is equal. */
export async function forgetContent(
  { records }: Core,
  commit: Deno.AtomicOperation,
  blob: BlobRecord,
): Promise<void> {
  if (blob.sha256 === null) return;
  const index = await records.get<string>(keys.blobBySha256(blob.sha256));
  if (index.value === blob.id) commit.check(index).delete(index.key);
}

/** Expires sessions without progress, and forgets those that ended long ago. */
export async function expireUploads(
  core: Core,
  progress: StepProgress = unwatched(),
): Promise<{ expired: number; forgotten: number; more: boolean }> {
  const { records } = core;
  const { tally } = progress;
  const now = core.now();
  const done = { expired: 0, forgotten: 0 };
  const due = await records.page(keys.uploadsByExpiry(), {
    limit: STEP,
    before: [...keys.uploadsByExpiry(), now + 1],
  });
  await each(due, async ({ key }) => {
    tally.lookedAt++;
    const id = key.at(-1) as string;
    const { value: record } = await records.get<UploadRecord>(keys.upload(id));
    let next = record && await nextLook(core, record);
    if (next === null) {
      if (record) await forget(core, record);
      done.forgotten++;
      tally.removed++;
    } else if (next <= now) {
      const bytes = await receivedBytes(core, record!);
      const after = await expire(core, record!);
      if (after.status === "expired") {
        done.expired++;
        tally.removed++;
        tally.bytesFreed += bytes;
      }
      // An ended session is looked at again when it is to be forgotten, one that went on meanwhile soon.
      next = now + (after.status === "uploading" ? HOUR : keepMs(core));
    }
    await records.transact(async (commit) => {
      const entry = await records.get(key);
      if (entry.versionstamp === null) return; // Another run has moved it.
      commit.check(entry).delete(key);
      if (next !== null) commit.set(keys.uploadByExpiry(next, id), true);
    });
  }, progress);
  return { ...done, more: due.length === STEP };
}

const keepMs = ({ config }: Core) => config.sessions.keepEndedDays * DAY;

/** What an open session has got so far; 0 of one that has ended. */
export async function receivedBytes(core: Core, record: UploadRecord): Promise<number> {
  if (record.endedAt !== null) return 0;
  using lease = await core.live.open(record);
  return lease.upload.received.bytes;
}

/** When the session needs a look again; null: it is to be forgotten now. */
export async function nextLook(core: Core, record: UploadRecord): Promise<number | null> {
  if (record.endedAt !== null) {
    const forgetAt = record.endedAt + keepMs(core);
    return forgetAt > core.now() ? forgetAt : null;
  }
  const live = core.live.peek(record.id);
  const activity = await core.records.get<ActivityRecord>(keys.uploadActivity(record.id));
  const stored = Math.max(activity.value?.at ?? record.createdAt, await progressOfParts(core, record));
  const last = Math.max(stored + ACTIVITY_COARSENESS_MS, live?.lastProgressAt ?? 0);
  const busy = (live?.claims.size ?? 0) > 0 || live?.finishing;
  const expiry = last + core.config.sessions.expireHours * HOUR;
  return busy ? Math.max(expiry, core.now() + HOUR) : expiry;
}

/** What is made of others goes on for as long as one of them does. */
async function progressOfParts(core: Core, record: UploadRecord): Promise<number> {
  const parts = await readParts(core, record);
  return Math.max(0, ...parts.map(({ progressAt }) => progressAt));
}

function expire(core: Core, record: UploadRecord): Promise<UploadRecord> {
  const latest = core.now() - core.config.sessions.expireHours * HOUR;
  return endWithoutFile(core, record, {
    status: "expired",
    actor: SYSTEM,
    onlyIf: ({ activity }) =>
      (activity?.at ?? record.createdAt) <= latest && !core.live.peek(record.id)?.claims.size,
  });
}

async function forget({ records }: Core, record: UploadRecord): Promise<void> {
  await records.transact(async (commit) => {
    commit.delete(keys.upload(record.id));
    for (const key of findKeys(record)) {
      const index = await records.get<string>(key);
      if (index.value === record.id) commit.check(index).delete(key);
    }
  });
}

/** At start-up, before the first request: removes bytes of single requests that a crash cut off. */
export async function dropUnsettled({ records, blobs }: Core): Promise<number> {
  let dropped = 0;
  for (const id of await blobs.unsettled()) {
    const { value } = await records.get<BlobRecord>(keys.blob(id));
    if (!value) {
      await blobs.remove(id);
      dropped++;
    }
    await blobs.settle(id);
  }
  return dropped;
}

/** After start-up: deletes chunk records of ended sessions, finishes sessions whose bytes are all there, and carries on removals. */
export async function resumeInterrupted(core: Core): Promise<void> {
  for (;;) {
    const leftovers = await core.records.page(keys.uploadLeftovers(), { limit: STEP });
    for (const { key } of leftovers) await sweepLeftover(core, key.at(-1) as string);
    if (leftovers.length < STEP || core.gate.stopping) break;
  }
  await finishWholeUploads(core);
  while (!core.gate.stopping && (await sweepBlobs(core)).more);
}

async function finishWholeUploads(core: Core): Promise<void> {
  const prefix = keys.uploadsByExpiry();
  let after: Deno.KvKey | undefined;
  for (;;) {
    const page = await core.records.page(prefix, { limit: STEP, ...(after && { after }) });
    for (const { key } of page) await finishIfWhole(core, key.at(-1) as string);
    if (page.length < STEP || core.gate.stopping) return;
    after = page.at(-1)!.key;
  }
}

/** So that no client that saw its last byte acknowledged loses its file. */
async function finishIfWhole(core: Core, id: string): Promise<void> {
  const { value: record } = await core.records.get<UploadRecord>(keys.upload(id));
  if (record?.status !== "uploading" || record.size === 0) return;
  try {
    await lookAgain(core, record, SYSTEM);
  } catch (error) {
    // It has failed or expired, and says so; anything else is tried again when somebody asks for it.
    if (!(error instanceof Problem)) throw error;
  }
}
