/**
 * Attachments whose bytes are damaged are put on equal bytes as soon as somebody has sent these again. Found through
 * the index by content, in bounded steps; what was done and how far the looking came is stored, so that a crash costs a
 * step. Safe beside live traffic and beside another call of itself.
 */
import { SYSTEM } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord, BlobRecord } from "../model.ts";
import { type DamagedRecord, referTo, release } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { isUsableNow } from "../uploads/finish.ts";

const PAGE = 100;
/** Attachments of one step. */
const STEP = 500;
/** Damaged blobs whose attachments are looked for in one go over all of them. */
const MOST = 100;
/** Damaged blobs that are looked at for one such go. */
const MOST_LOOKED_AT = 10_000;
const MINUTE = 60_000;

/** A go over all attachments. */
interface Repointing {
  /** The attachment that was looked at last; null: none yet. */
  after: string | null;
  /** Damaged blob -> blob with the same content. */
  blobs: Record<string, string>;
}

/** Costs a look at an index that is usually empty. */
export async function repointDamaged(core: Core): Promise<{ repointed: number; more: boolean }> {
  const { records } = core;
  const stored = await records.get<Repointing>(keys.repointing());
  const work = stored.value ?? { after: null, blobs: await findEqual(core) };
  if (Object.keys(work.blobs).length === 0) return { repointed: 0, more: false };
  const page = await records.page<AttachmentRecord>(keys.attachments(), {
    limit: STEP,
    ...(work.after !== null && { after: keys.attachment(work.after) }),
  });
  let repointed = 0;
  for (const { value: { id, blobId } } of page) {
    const to = work.blobs[blobId];
    if (to !== undefined && await repoint(core, { id, from: blobId, to })) repointed++;
  }
  if (page.length < STEP) await end(core, work);
  else await store(core, { ...work, after: page.at(-1)!.value.id });
  return { repointed, more: true };
}

/** Damaged blobs for which there are equal bytes that were not tried yet. */
async function findEqual(core: Core): Promise<Record<string, string>> {
  const { records } = core;
  const found: Record<string, string> = {};
  let after: Deno.KvKey | undefined;
  for (let lookedAt = 0; lookedAt < MOST_LOOKED_AT; lookedAt += PAGE) {
    const page = await records.page<DamagedRecord>(keys.blobsDamaged(), {
      limit: PAGE,
      ...(after && { after }),
    });
    const damaged = await records.getMany<BlobRecord>(page.map(({ key }) => keys.blob(String(key.at(-1)))));
    const indexed = await records.getMany<string>(
      damaged.map(({ value }) => keys.blobBySha256(value?.sha256 ?? "")),
    );
    for (const [at, { value: blob }] of damaged.entries()) {
      const to = indexed[at]!.value;
      if (blob?.state !== "damaged" || to === null || to === page[at]!.value.triedWith) continue;
      found[blob.id] = to;
      if (Object.keys(found).length === MOST) return found;
    }
    if (page.length < PAGE) break;
    after = page.at(-1)!.key;
  }
  return found;
}

/** False: nothing is to be done any more, or nothing can be. */
export async function repoint(
  core: Core,
  { id, from, to }: { id: string; from: string; to: string },
): Promise<boolean> {
  const { records, audit, config, now } = core;
  return await records.transact(async (commit) => {
    const [attachment, damaged, equal] = await records.getMany<unknown>([
      keys.attachment(id),
      keys.blob(from),
      keys.blob(to),
    ]) as [
      Deno.KvEntryMaybe<AttachmentRecord>,
      Deno.KvEntryMaybe<BlobRecord>,
      Deno.KvEntryMaybe<BlobRecord>,
    ];
    if (attachment.value?.blobId !== from || damaged.value?.state !== "damaged") return false;
    if (!await isEqual(core, damaged.value, equal.value)) return false;
    commit.check(attachment).set(attachment.key, { ...attachment.value, blobId: to });
    referTo(commit, equal);
    release(commit, damaged, now() + config.blobs.graceMinutes * MINUTE);
    audit.add(commit, {
      actor: SYSTEM,
      action: "attachment.repair",
      target: { kind: "attachment", id },
      detail: { fileName: attachment.value.fileName, why: "its damaged bytes came again" },
    });
    return true;
  });
}

async function isEqual(core: Core, damaged: BlobRecord, equal: BlobRecord | null): Promise<boolean> {
  return equal?.sha256 === damaged.sha256 && equal.size === damaged.size && await isUsableNow(core, equal);
}

async function store({ records }: Core, work: Repointing): Promise<void> {
  await records.transact((commit) => {
    commit.set(keys.repointing(), work);
    return Promise.resolve();
  });
}

/** All were looked at: not again for the same bytes. */
async function end({ records }: Core, { blobs }: Repointing): Promise<void> {
  for (const [damaged, triedWith] of Object.entries(blobs)) {
    await records.transact(async (commit) => {
      const entry = await records.get<DamagedRecord>(keys.blobDamaged(damaged));
      if (entry.value) commit.check(entry).set(entry.key, { triedWith } satisfies DamagedRecord);
    });
  }
  await records.transact((commit) => {
    commit.delete(keys.repointing());
    return Promise.resolve();
  });
}
