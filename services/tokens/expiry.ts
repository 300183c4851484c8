/**
 * What tokens leave behind, removed in bounded steps: each call does some and says whether there is more. Safe
 * beside live traffic and beside another call of itself.
 */
import type { Core } from "../core.ts";
import { each } from "../each.ts";
import { type StepProgress, unwatched } from "../jobs/job.ts";
import type { TokenRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import { dropToken, indexTime, KEEP_MS, LEASE_AT_MOST_MS, type LeaseRecord } from "../records/tokens.ts";

const STEP = 100;
const DAY = 86_400_000;

/** Tokens that stand in the index by time up to this (inclusive) go: they ended long enough ago. */
export const tokensOverAt = ({ config, now }: Core): number =>
  now() + KEEP_MS - config.jobs.expiredTokens.retentionDays * DAY;

/** Deletes leases that are over, tokens some time after their end, and those of attachments that are gone. */
export async function expireTokens(
  core: Core,
  progress: StepProgress = unwatched(),
): Promise<{ removed: number; more: boolean }> {
  const { tally } = progress;
  const leases = await due(core, keys.tokenLeaseEnds(), core.now());
  const ended = await due(core, keys.tokensByExpiry(), tokensOverAt(core));
  const leftovers = await core.records.page(keys.tokenLeftovers(), { limit: 1 });
  const before = tally.removed;
  const count = (removed: number) => void (tally.removed += removed);
  await each([
    ...leases.map((key) => async () => count(await removeLease(core, key))),
    ...ended.map((key) => async () => count(await removeToken(core, key))),
    ...leftovers.map(({ key }) => () => sweepTokens(core, String(key.at(-1)), progress)),
  ], async (remove) => {
    tally.lookedAt++;
    await remove();
  }, progress);
  const more = leases.length === STEP || ended.length === STEP || leftovers.length > 0;
  return { removed: tally.removed - before, more };
}

/** Deletes tokens of an attachment that is gone. */
async function sweepTokens(
  { records }: Core,
  attachmentId: string,
  { tally, pulse }: StepProgress,
): Promise<void> {
  const page = await records.page(keys.tokensByAttachment(attachmentId), { limit: STEP });
  for (const { key } of page) {
    await pulse();
    await records.transact(async (commit) => {
      const token = await records.get<TokenRecord>(keys.token(key.at(-1) as string));
      commit.check(token);
      if (token.value) dropToken(commit, token.value);
      else commit.delete(key);
    });
    tally.removed++;
  }
  if (page.length < STEP) {
    await records.transact((commit) => {
      commit.delete(keys.tokenLeftover(attachmentId)).delete(keys.tokenCount(attachmentId));
      return Promise.resolve();
    });
  }
}

/** Entries of an index whose first part behind `prefix` is a time up to `latest`, inclusive. */
async function due({ records }: Core, prefix: Deno.KvKey, latest: number): Promise<Deno.KvKey[]> {
  const page = await records.page(prefix, { limit: STEP, before: [...prefix, latest + 1] });
  return page.map(({ key }) => key);
}

/** The time is the latest that any of its requests can come. Gives how many were removed: none by an entry that is stale. */
async function removeLease({ records }: Core, key: Deno.KvKey): Promise<number> {
  const [time, tokenId, client] = key.slice(1) as [number, string, string];
  return await records.transact(async (commit) => {
    const lease = await records.get<LeaseRecord>(keys.tokenLease({ tokenId, client }));
    commit.check(lease).delete(key);
    if (lease.value?.startedAt !== time - LEASE_AT_MOST_MS) return 0;
    commit.delete(lease.key);
    return 1;
  });
}

async function removeToken({ records }: Core, key: Deno.KvKey): Promise<number> {
  const [time, id] = key.slice(1) as [number, string];
  return await records.transact(async (commit) => {
    const token = await records.get<TokenRecord>(keys.token(id));
    commit.check(token).delete(key);
    if (!token.value || indexTime(token.value) !== time) return 0;
    const count = await records.get<number>(keys.tokenCount(token.value.attachmentId));
    dropToken(commit, token.value);
    commit.check(count);
    if ((count.value ?? 0) > 1) commit.set(count.key, count.value! - 1);
    else commit.delete(count.key);
    return 1;
  });
}
