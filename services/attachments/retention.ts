/**
 * What time does to attachments, in bounded steps: each call does some and says whether there is more. Safe beside
 * live traffic and beside another call of itself; knows nothing of schedules.
 */
import { SYSTEM } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord } from "../model.ts";
import {
  COMPAT_ORPHANS,
  isIndexedBy,
  orphanGroup,
  orphanSince,
  putAttachment,
  stageOf,
} from "../records/attachments.ts";
import { keys } from "../records/keys.ts";
import { purgeRecord, putDeleted } from "./recycle_bin.ts";

const STEP = 100;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface RetentionStep {
  /** What was moved on or removed. */
  done: number;
  more: boolean;
}

/** Hides from their owners what was deleted long ago; administrators can still restore it. */
export async function binDeleted(core: Core): Promise<RetentionStep> {
  const latest = core.now() - core.config.jobs.softDeleted.retentionDays * DAY;
  return await eachDue(core, { prefix: keys.attachmentsDeleted(), latest }, async (id) => {
    return await core.records.transact(async (commit) => {
      const entry = await core.records.get<AttachmentRecord>(keys.attachment(id));
      if (!entry.value || stageOf(entry.value) !== "deleted" || entry.value.deletedAt! > latest) return false;
      const now = core.now();
      commit.check(entry);
      putAttachment(commit, { ...entry.value, binnedAt: now, updatedAt: now }, entry.value);
      core.audit.add(commit, {
        actor: SYSTEM,
        action: "attachment.bin",
        target: { kind: "attachment", id },
        detail: { fileName: entry.value.fileName, ownerId: entry.value.ownerId },
      });
      return true;
    });
  });
}

/** Removes for good what was hidden long ago. */
export async function purgeBinned(core: Core): Promise<RetentionStep> {
  const latest = core.now() - core.config.jobs.recycleBin.retentionDays * DAY;
  const stays = (record: AttachmentRecord) => stageOf(record) !== "binned" || record.binnedAt! > latest;
  return await eachDue(core, { prefix: keys.attachmentsBinned(), latest }, (id) => {
    return purgeRecord(core, id, { actor: SYSTEM, unless: stays });
  });
}

/**
 * Deletes, as their owner could, files that belong to nothing where their business type says that they must, and those
 * that old clients brought.
 */
export async function deleteOrphans(core: Core): Promise<RetentionStep> {
  const all = { done: 0, more: false };
  const groups = Object.entries(core.config.businessTypes).map(([type, { orphanHours }]) =>
    [type, orphanHours] as const
  );
  for (const [type, orphanHours] of [...groups, [COMPAT_ORPHANS, core.config.compat.orphanHours] as const]) {
    if (orphanHours === null) continue;
    const latest = core.now() - orphanHours * HOUR;
    const step = await eachDue(core, { prefix: keys.attachmentOrphans(type), latest }, async (id) => {
      return await core.records.transact(async (commit) => {
        const entry = await core.records.get<AttachmentRecord>(keys.attachment(id));
        if (!entry.value || !isOrphan(entry.value, { type, latest })) return false;
        const found = entry as Deno.KvEntry<AttachmentRecord>;
        putDeleted(core, commit, { entry: found, actor: SYSTEM, detail: { why: "belongs to nothing" } });
        return true;
      });
    });
    all.done += step.done;
    all.more ||= step.more;
  }
  return all;
}

function isOrphan(record: AttachmentRecord, { type, latest }: { type: string; latest: number }): boolean {
  const since = orphanSince(record);
  return stageOf(record) === "live" && orphanGroup(record) === type && since !== null && since <= latest;
}

/**
 * Asks `step` for each attachment in an index by time up to `latest`, inclusive. One that fails keeps none of the
 * others from their turn; the first failure is thrown at the end.
 */
async function eachDue(
  core: Core,
  { prefix, latest }: { prefix: Deno.KvKey; latest: number },
  step: (id: string) => Promise<boolean>,
): Promise<RetentionStep> {
  const due = await core.records.page(prefix, { limit: STEP, before: [...prefix, latest + 1] });
  const failures: unknown[] = [];
  let done = 0;
  for (const { key } of due) {
    try {
      if (await step(String(key.at(-1)))) done++;
      else await dropStale(core, key);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return { done, more: due.length === STEP };
}

/** An entry that leads nowhere would be looked at for ever, and keep those behind it from their turn. */
async function dropStale({ records }: Core, key: Deno.KvKey): Promise<void> {
  await records.transact(async (commit) => {
    const entry = await records.get<AttachmentRecord>(keys.attachment(String(key.at(-1))));
    if (!entry.value || !isIndexedBy(entry.value, key)) commit.check(entry).delete(key);
  });
}
