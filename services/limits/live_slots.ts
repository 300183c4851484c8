/** What this process knows of uploads under way: when their last byte came, exact where the records are only near. */
import type { LimitsRecord } from "../records/limits.ts";
import { SLOT_MS } from "./rules.ts";

/** A slot's end is stored this much (ms) later than it is, so that it is stored seldom. */
export const RENEW_EVERY_MS = 20_000;

/** Sessions that were silent for so long (ms) are looked up again when they go on. */
const FORGET_AFTER_MS = 600_000;

export interface LiveSlot {
  readonly slot: string;
  readonly session: boolean;
  /** Ms since 1970. */
  lastByteAt: number;
  /** When the slot's end was stored. */
  storedAt: number;
  /** Bytes that may come without asking; those of the whole file where its length is known. */
  reserved: number;
}

export interface LiveSlots {
  get(ownerId: string, id: string): LiveSlot | undefined;
  keep(
    upload: Pick<LiveSlot, "slot" | "session" | "reserved"> & { ownerId: string; id: string },
    now: number,
  ): void;
  forget(ownerId: string, id: string): void;
  hasAny(ownerId: string): boolean;
  /** Whether another upload of this owner has the same slot. */
  shares(ownerId: string, slot: string): boolean;
  /** `counted` with each slot's true end. */
  exact(ownerId: string, counted: LimitsRecord): LimitsRecord;
  /** `counted` as it is stored: ends later by the time for which they are not renewed. */
  stored(ownerId: string, counted: LimitsRecord): LimitsRecord;
}

export function newLiveSlots(): LiveSlots {
  /** By owner, then by upload. */
  const all = new Map<string, Map<string, LiveSlot>>();

  /** With other ends of the slots that are known here; `live` is the true one. */
  function withEnds(
    { ownerId, counted }: { ownerId: string; counted: LimitsRecord },
    endOf: (ends: { live: number; stored: number }) => number,
  ): LimitsRecord {
    const ends = new Map<string, number>();
    for (const { slot, lastByteAt } of all.get(ownerId)?.values() ?? []) {
      ends.set(slot, Math.max(ends.get(slot) ?? 0, lastByteAt + SLOT_MS));
    }
    const slots = Object.entries(counted.slots).map(([slot, stored]) => {
      const live = ends.get(slot);
      return [slot, live === undefined ? stored : endOf({ live, stored })];
    });
    return { ...counted, slots: Object.fromEntries(slots) };
  }

  return {
    get: (ownerId, id) => all.get(ownerId)?.get(id),
    keep({ ownerId, id, ...slot }, now) {
      let mine = all.get(ownerId);
      if (!mine) all.set(ownerId, mine = new Map());
      for (const [other, { session, lastByteAt }] of mine) {
        if (session && now >= lastByteAt + FORGET_AFTER_MS) mine.delete(other);
      }
      mine.set(id, { ...slot, lastByteAt: now, storedAt: now });
    },
    forget(ownerId, id) {
      const mine = all.get(ownerId);
      if (mine?.delete(id) && mine.size === 0) all.delete(ownerId);
    },
    hasAny: (ownerId) => all.has(ownerId),
    shares: (ownerId, slot) => [...all.get(ownerId)?.values() ?? []].some((one) => one.slot === slot),
    exact: (ownerId, counted) => withEnds({ ownerId, counted }, ({ live }) => live),
    // One that was just taken again is later than what is known here.
    stored: (ownerId, counted) =>
      withEnds({ ownerId, counted }, ({ live, stored }) => Math.max(live + RENEW_EVERY_MS, stored)),
  };
}
