/**
 * What time does to attachments, in bounded steps: each call does some and says whether there is more. Safe beside
 * live traffic and beside another call of itself; knows nothing of schedules.
 */
import { SYSTEM } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import { each } from "../each.ts";
import { OTHERS } from "../file_rules.ts";
import { type StepProgress, unwatched } from "../jobs/job.ts";
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
/** Looked up one by one, some ten thousand a second. */
const MOST_TYPES = 10_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface RetentionStep {
  /** What was moved on or removed. */
  done: number;
  more: boolean;
}

/** Which attachments are due: those in an index by time up to `latest`, inclusive, of which `isDue` still holds. */
export interface DueRule {
  prefix: Deno.KvKey;
  latest: number;
  isDue(record: AttachmentRecord): boolean;
}

/** Deleted long ago. */
export function deletedRule(core: Core): DueRule {
  const latest = core.now() - core.config.jobs.softDeleted.retentionDays * DAY;
  return {
    prefix: keys.attachmentsDeleted(),
    latest,
    isDue: (record) => stageOf(record) === "deleted" && record.deletedAt! <= latest,
  };
}

/** Hidden long ago. */
export function binnedRule(core: Core): DueRule {
  const latest = core.now() - core.config.jobs.recycleBin.retentionDays * DAY;
  return {
    prefix: keys.attachmentsBinned(),
    latest,
    isDue: (record) => stageOf(record) === "binned" && record.binnedAt! <= latest,
  };
}

/** Belonging to nothing for too long; a rule for each group that has a time. */
export async function orphanRules(core: Core): Promise<DueRule[]> {
  const types = Object.entries(core.config.businessTypes).map(([type, { orphanHours }]) =>
    [type, orphanHours] as const
  );
  const groups = [...types, [COMPAT_ORPHANS, core.config.compat.orphanHours] as const];
  return [...groups, ...await otherOrphans(core, new Set(groups.map(([group]) => group)))].flatMap(
    ([type, orphanHours]) => {
      if (orphanHours === null) return [];
      const latest = core.now() - orphanHours * HOUR;
      return [{
        prefix: keys.attachmentOrphans(type),
        latest,
        isDue: (record: AttachmentRecord) => isOrphan(record, { type, latest }),
      }];
    },
  );
}

/** Types that are not configured and have the rules of all such: those that files have which belong to nothing. */
async function otherOrphans(
  { config, records }: Core,
  known: ReadonlySet<string>,
): Promise<[type: string, orphanHours: number][]> {
  const hours = config.businessTypes[OTHERS]?.orphanHours ?? null;
  const found: [string, number][] = [];
  if (hours === null) return found;
  const prefix: Deno.KvKey = keys.attachmentOrphansAll();
  for (let after = prefix; found.length < MOST_TYPES;) {
    const [first] = await records.page(prefix, { limit: 1, after });
    if (!first) break;
    const type = first.key[prefix.length] as string;
    if (!known.has(type)) found.push([type, hours]);
    after = [...prefix, type, true]; // Behind all times.
  }
  return found;
}

function isOrphan(record: AttachmentRecord, { type, latest }: { type: string; latest: number }): boolean {
  const since = orphanSince(record);
  return stageOf(record) === "live" && orphanGroup(record) === type && since !== null && since <= latest;
}

/** Hides from their owners what was deleted long ago; administrators can still restore it. */
export async function binDeleted(core: Core, progress: StepProgress = unwatched()): Promise<RetentionStep> {
  const rule = deletedRule(core);
  return await eachDue(core, { rule, progress }, async (id) => {
    return await core.records.transact(async (commit) => {
      const entry = await core.records.get<AttachmentRecord>(keys.attachment(id));
      if (!entry.value || !rule.isDue(entry.value)) return false;
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
export async function purgeBinned(core: Core, progress: StepProgress = unwatched()): Promise<RetentionStep> {
  const rule = binnedRule(core);
  return await eachDue(core, { rule, progress }, async (id) => {
    const freed = await purgeRecord(core, id, { actor: SYSTEM, unless: (record) => !rule.isDue(record) });
    progress.tally.bytesFreed += freed ?? 0;
    return freed !== null;
  });
}

/**
 * Deletes, as their owner could, files that belong to nothing where their business type says that they must, and those
 * that old clients brought.
 */
export async function deleteOrphans(
  core: Core,
  progress: StepProgress = unwatched(),
): Promise<RetentionStep> {
  const all = { done: 0, more: false };
  await each(await orphanRules(core), async (rule) => {
    const step = await eachDue(core, { rule, progress }, async (id) => {
      return await core.records.transact(async (commit) => {
        const entry = await core.records.get<AttachmentRecord>(keys.attachment(id));
        if (!entry.value || !rule.isDue(entry.value)) return false;
        const found = entry as Deno.KvEntry<AttachmentRecord>;
        putDeleted(core, commit, { entry: found, actor: SYSTEM, detail: { why: "belongs to nothing" } });
        return true;
      });
    });
    all.done += step.done;
    all.more ||= step.more;
  });
  return all;
}

/** Asks `step` for each attachment that may be due. */
async function eachDue(
  core: Core,
  { rule: { prefix, latest }, progress }: { rule: DueRule; progress: StepProgress },
  step: (id: string) => Promise<boolean>,
): Promise<RetentionStep> {
  const { tally } = progress;
  const due = await core.records.page(prefix, { limit: STEP, before: [...prefix, latest + 1] });
  let done = 0;
  await each(due, async ({ key }) => {
    tally.lookedAt++;
    if (await step(String(key.at(-1)))) {
      done++;
      tally.removed++;
    } else await dropStale(core, key);
  }, progress);
  return { done, more: due.length === STEP };
}

/** An entry that leads nowhere would be looked at for ever, and keep those behind it from their turn. */
async function dropStale({ records }: Core, key: Deno.KvKey): Promise<void> {
  await records.transact(async (commit) => {
    const entry = await records.get<AttachmentRecord>(keys.attachment(String(key.at(-1))));
    if (!entry.value || !isIndexedBy(entry.value, key)) commit.check(entry).delete(key);
  });
}
