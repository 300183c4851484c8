/** The shares of uploads: each changes together with its owner's count, and ends with its upload. */
import type { UploadRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import { chargedBytes, type LimitsRecord, type ShareRecord } from "../records/limits.ts";
import type { Records } from "../records/records.ts";
import type { LiveSlots } from "./live_slots.ts";
import { closeSiblings, leaveSlot, NOTHING, takeBack } from "./rules.ts";

/** Checks of a commit are ten at the most: nine shares and the count. */
const SHARES_PER_COMMIT = 9;

/** A share, and the count of its owner. */
export interface ShareOf {
  share: ShareRecord;
  counted: LimitsRecord;
}

export interface Shares {
  /** In a commit of its own, in the owner's turn. Gives the share as it is then; null: there is none. */
  change(
    of: { ownerId: string; id: string },
    change: (before: ShareOf) => ShareOf,
  ): Promise<ShareRecord | null>;
  changeIn(
    commit: Deno.AtomicOperation,
    of: { ownerId: string; id: string },
    change: (before: ShareOf) => ShareOf,
  ): Promise<ShareRecord | null>;
  /** With no more than `keeps` bytes. */
  shrunk(of: ShareOf, keeps: number): ShareOf;
  endIn(
    commit: Deno.AtomicOperation,
    of: { ownerId: string; uploads: { id: string; keeps: number }[] },
  ): Promise<void>;
  /** In commits of its own, in the owner's turn. */
  endAll(ownerId: string, uploads: { id: string; keeps: number }[]): Promise<void>;
}

export interface SharesOptions {
  records: Records;
  live: LiveSlots;
  turn: <T>(ownerId: string, run: () => Promise<T>) => Promise<T>;
}

export function newShares({ records, live, turn }: SharesOptions): Shares {
  async function changeIn(
    commit: Deno.AtomicOperation,
    { ownerId, id }: { ownerId: string; id: string },
    change: (before: ShareOf) => ShareOf,
  ): Promise<ShareRecord | null> {
    const share = await records.get<ShareRecord>(keys.limitsShare(ownerId, id));
    if (!share.value) return null;
    const entry = await records.get<LimitsRecord>(keys.limits(ownerId));
    const after = change({ share: share.value, counted: { ...NOTHING, ...entry.value } });
    commit.check(share, entry).set(entry.key, live.stored(ownerId, after.counted)).set(
      share.key,
      after.share,
    );
    return after.share;
  }

  async function endIn(
    commit: Deno.AtomicOperation,
    { ownerId, uploads }: { ownerId: string; uploads: { id: string; keeps: number }[] },
  ): Promise<void> {
    const found = await records.getMany<ShareRecord>(uploads.map(({ id }) => keys.limitsShare(ownerId, id)));
    const ending = found.flatMap((entry, index) => entry.value ? [{ entry, ...uploads[index]! }] : []);
    if (ending.length === 0) return;
    const entry = await records.get<LimitsRecord>(keys.limits(ownerId));
    let counted: LimitsRecord = { ...NOTHING, ...entry.value };
    for (const { entry: { key, value, versionstamp }, id, keeps } of ending) {
      live.forget(ownerId, id);
      const { slot } = value!;
      counted = shrunk({ share: value!, counted }, keeps).counted;
      if (!live.shares(ownerId, slot)) counted = leaveSlot(counted, slot);
      if (slot === id) counted = closeSiblings(counted, slot);
      commit.check({ key, versionstamp }).delete(key);
    }
    commit.check(entry).set(entry.key, live.stored(ownerId, counted));
  }

  return {
    changeIn,
    change: ({ ownerId, id }, change) =>
      turn(ownerId, () => records.transact((commit) => changeIn(commit, { ownerId, id }, change))),
    shrunk,
    endIn,
    async endAll(ownerId, uploads) {
      for (let at = 0; at < uploads.length; at += SHARES_PER_COMMIT) {
        const some = uploads.slice(at, at + SHARES_PER_COMMIT);
        await turn(ownerId, () => records.transact((commit) => endIn(commit, { ownerId, uploads: some })));
      }
    },
  };
}

/** What was charged last goes back first. */
function shrunk({ share, counted }: ShareOf, keeps: number): ShareOf {
  let surplus = Math.max(0, chargedBytes(share) - keeps);
  let after = counted;
  const charged = share.charged.map(({ day, bytes }) => ({ day, bytes }));
  for (const one of charged.toReversed()) {
    const back = Math.min(one.bytes, surplus);
    after = takeBack(after, { day: one.day, bytes: back });
    one.bytes -= back;
    surplus -= back;
  }
  return { share: { ...share, charged }, counted: after };
}

/** What counts of a file when its upload has ended. */
export const keptOf = (upload: UploadRecord | null): number => upload?.status === "completed" ? Infinity : 0;

/** Gives back what nothing stands behind any more: a session's share ends with the session, in one commit. */
export async function recoverShares({ records, shares, isLeftBehind }: {
  records: Records;
  shares: Shares;
  isLeftBehind: (share: ShareRecord, upload: UploadRecord | null) => boolean;
}): Promise<void> {
  let after: Deno.KvKey | undefined;
  for (;;) {
    const limit = 100;
    const page = await records.page<ShareRecord>(keys.limitsShares(), { limit, ...(after && { after }) });
    const ids = page.map(({ key }) => key.at(-1) as string);
    const uploads = await records.getMany<UploadRecord>(ids.map((id) => keys.upload(id)));
    for (const [index, { value: share }] of page.entries()) {
      const upload = uploads[index]!.value;
      if (!isLeftBehind(share, upload)) continue;
      await shares.endAll(share.ownerId, [{ id: ids[index]!, keeps: keptOf(upload) }]);
    }
    if (page.length < limit) return;
    after = page.at(-1)!.key;
  }
}
