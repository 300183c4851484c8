/**
 * What a person may upload: how many at once, how many a minute, how many bytes a day. Pure: from what is counted
 * now and what is wanted to what is counted then, or to the limit that is in the way.
 */
import type { LimitsRecord } from "../records/limits.ts";

/** 0 switches a limit off. */
export interface LimitRules {
  /** Uploads that are active at a time. */
  uploadsAtOnce: number;
  /** New uploads in any 60 seconds. */
  uploadsPerMinute: number;
  /** Bytes of new uploads in a day of UTC. */
  bytesPerDay: number;
}

export const NOTHING: Readonly<LimitsRecord> = { openings: [], slots: {}, day: 0, bytes: 0, siblings: null };

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** How long after its last byte an upload still takes its slot. */
export const SLOT_MS = 60_000;
/** Uploads of unknown length get so many bytes at a time, or what is left of the day. */
export const STEP_BYTES = 8 * 1024 * 1024;
/** Partial uploads of one owner that begin so soon after the first of them count as one with it. */
export const SIBLINGS_MS = 30_000;
/** So many of them, as many as a final upload can name. */
export const MAX_SIBLINGS = 100;

export type LimitName = "uploads-at-once" | "uploads-per-minute" | "bytes-per-day";

/** Why something is not possible now. */
export interface Exceeded {
  limit: LimitName;
  max: number;
  used: number;
  /** What was wanted of it. */
  wanted: number;
  /** When there is room for it, ms since 1970; null: never, the file is larger than the limit. */
  freeAt: number | null;
}

export type Decision = { counted: LimitsRecord } | { exceeded: Exceeded };

/** Days since 1970, UTC. */
export const dayOf = (now: number): number => Math.floor(now / DAY_MS);

/** When a day (as `dayOf` has it) ends. */
export const endOfDay = (day: number): number => (day + 1) * DAY_MS;

/** What still counts at `now`. */
export function current(counted: LimitsRecord, now: number): LimitsRecord {
  const sameDay = counted.day === dayOf(now);
  return {
    openings: counted.openings.filter((at) => at > now - MINUTE_MS),
    slots: Object.fromEntries(Object.entries(counted.slots).filter(([, until]) => until > now)),
    day: dayOf(now),
    bytes: sameDay ? counted.bytes : 0,
    siblings: counted.siblings && now < counted.siblings.openedAt + SIBLINGS_MS ? counted.siblings : null,
  };
}

export interface Wanted {
  now: number;
  /** A new upload counts as an opening. */
  opens: boolean;
  /** The slot it needs; null: none. One that is taken already by this upload is kept. */
  slot: string | null;
  /** To be reserved now. */
  bytes: number;
  /** Bytes of the whole file, as far as known; at least `bytes`. */
  file: number;
}

/** All of it, or nothing. */
export function admit(rules: LimitRules, before: LimitsRecord, wanted: Wanted): Decision {
  const { now, opens, slot, bytes, file } = wanted;
  const counted = current(before, now);

  if (rules.bytesPerDay > 0 && bytes > 0) {
    const { bytes: used } = counted;
    const facts = { limit: "bytes-per-day", max: rules.bytesPerDay, used } as const;
    if (file > rules.bytesPerDay) return { exceeded: { ...facts, wanted: file, freeAt: null } };
    if (used + bytes > rules.bytesPerDay) {
      return { exceeded: { ...facts, wanted: bytes, freeAt: endOfDay(counted.day) } };
    }
  }
  if (rules.uploadsPerMinute > 0 && opens && counted.openings.length >= rules.uploadsPerMinute) {
    const used = counted.openings.length;
    const freeAt = counted.openings[used - rules.uploadsPerMinute]! + MINUTE_MS;
    return {
      exceeded: { limit: "uploads-per-minute", max: rules.uploadsPerMinute, used, wanted: 1, freeAt },
    };
  }
  const taken = Object.keys(counted.slots);
  const takesSlot = rules.uploadsAtOnce > 0 && slot !== null;
  if (takesSlot && !(slot in counted.slots) && taken.length >= rules.uploadsAtOnce) {
    const ends = Object.values(counted.slots).sort((a, b) => a - b);
    const freeAt = ends[taken.length - rules.uploadsAtOnce]!;
    return {
      exceeded: { limit: "uploads-at-once", max: rules.uploadsAtOnce, used: taken.length, wanted: 1, freeAt },
    };
  }
  return {
    counted: {
      ...counted,
      openings: opens && rules.uploadsPerMinute > 0 ? [...counted.openings, now] : counted.openings,
      slots: takesSlot ? { ...counted.slots, [slot]: now + SLOT_MS } : counted.slots,
      bytes: counted.bytes + bytes,
    },
  };
}

/**
 * What to reserve of an upload of unknown length that needs `least` bytes more now, and `most` in all: a step, or what
 * is left of the day.
 */
export function stepOf(
  { bytesPerDay }: LimitRules,
  before: LimitsRecord,
  { now, least, most }: { now: number; least: number; most: number },
): number {
  const step = Math.min(Math.ceil(least / STEP_BYTES) * STEP_BYTES, most);
  const left = bytesPerDay === 0 ? Infinity : bytesPerDay - current(before, now).bytes;
  return Math.max(least, Math.min(step, left));
}

/** Gives a slot free. */
export function leaveSlot(counted: LimitsRecord, slot: string): LimitsRecord {
  const { [slot]: _left, ...slots } = counted.slots;
  return { ...counted, slots };
}

/** Takes back bytes that were charged to `day`. */
export function takeBack(
  counted: LimitsRecord,
  { day, bytes }: { day: number; bytes: number },
): LimitsRecord {
  if (counted.day !== day) return counted;
  return { ...counted, bytes: Math.max(0, counted.bytes - bytes) };
}

/** The slot of the partial uploads that one more may join now; null: it is the first of its own. */
export function siblingSlot(before: LimitsRecord, now: number): string | null {
  const { siblings } = current(before, now);
  return siblings && siblings.count < MAX_SIBLINGS ? siblings.slot : null;
}

/** One partial upload more in `slot`. */
export function addSibling(
  counted: LimitsRecord,
  { slot, now }: { slot: string; now: number },
): LimitsRecord {
  const { siblings } = counted;
  if (siblings?.slot !== slot) return { ...counted, siblings: { slot, openedAt: now, count: 1 } };
  return { ...counted, siblings: { ...siblings, count: siblings.count + 1 } };
}

/** No upload joins those of `slot` any more. */
export function closeSiblings(counted: LimitsRecord, slot: string): LimitsRecord {
  return counted.siblings?.slot === slot ? { ...counted, siblings: null } : counted;
}
