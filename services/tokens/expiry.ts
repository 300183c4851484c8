/**
 * What tokens leave behind, removed in bounded steps: each call does some and says whether there is more. Safe
 * beside live traffic and beside another call of itself.
 */
import type { Core } from "../core.ts";
import type { TokenRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import { dropToken, LEASE_AT_MOST_MS, type LeaseRecord, removeAt } from "../records/tokens.ts";

const STEP = 100;

/** Deletes leases that are over, tokens some time after their end, and those of attachments that are gone. */
export async function expireTokens(core: Core): Promise<{ removed: number; more: boolean }> {
  const leases = await due(core, keys.tokenLeaseEnds());
  for (const key of leases) await removeLease(core, key);
  const ended = await due(core, keys.tokensByExpiry());
  for (const key of ended) await removeToken(core, key);
  const leftovers = await core.records.page(keys.tokenLeftovers(), { limit: 1 });
  let left = 0;
  for (const { key } of leftovers) left = await sweepTokens(core, String(key.at(-1)));
  const more = leases.length === STEP || ended.length === STEP || leftovers.length > 0;
  return { removed: ended.length + left, more };
}

/** Deletes tokens of an attachment that is gone; gives how many. */
export async function sweepTokens({ records }: Core, attachmentId: string): Promise<number> {
  const page = await records.page(keys.tokensByAttachment(attachmentId), { limit: STEP });
  for (const { key } of page) {
    await records.transact(async (commit) => {
      const token = await records.get<TokenRecord>(keys.token(key.at(-1) as string));
      commit.check(token);
      if (token.value) dropToken(commit, token.value);
      else commit.delete(key);
    });
  }
  if (page.length < STEP) {
    await records.transact((commit) => {
      commit.delete(keys.tokenLeftover(attachmentId)).delete(keys.tokenCount(attachmentId));
      return Promise.resolve();
    });
  }
  return page.length;
}

/** Entries of an index whose first part behind `prefix` is a time that has come. */
async function due({ records, now }: Core, prefix: Deno.KvKey): Promise<Deno.KvKey[]> {
  const page = await records.page(prefix, { limit: STEP, before: [...prefix, now() + 1] });
  return page.map(({ key }) => key);
}

/** The time is the latest that any of its requests can come. */
async function removeLease({ records }: Core, key: Deno.KvKey): Promise<void> {
  const [time, tokenId, client] = key.slice(1) as [number, string, string];
  await records.transact(async (commit) => {
    const lease = await records.get<LeaseRecord>(keys.tokenLease({ tokenId, client }));
    commit.check(lease).delete(key);
    if (lease.value && lease.value.startedAt + LEASE_AT_MOST_MS === time) commit.delete(lease.key);
  });
}

async function removeToken({ records }: Core, key: Deno.KvKey): Promise<void> {
  const [time, id] = key.slice(1) as [number, string];
  await records.transact(async (commit) => {
    const token = await records.get<TokenRecord>(keys.token(id));
    commit.check(token).delete(key);
    if (!token.value || removeAt(token.value) !== time) return;
    const count = await records.get<number>(keys.tokenCount(token.value.attachmentId));
    dropToken(commit, token.value);
    commit.check(count);
    if ((count.value ?? 0) > 1) commit.set(count.key, count.value! - 1);
    else commit.delete(count.key);
  });
}
