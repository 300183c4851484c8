/**
 * What a person may upload: how many at once, how many a minute, how many bytes a day. Pure: from what is counted
 * now and what is wanted to what is counted then, or to the limit that is in the way.
 */

/** 0 switches a limit off. */
export interface LimitRules {
  /** Uploads that are active at a time. */
  uploadsAtOnce: number;
  /** New uploads in any 60 seconds. */
  uploadsPerMinute: number;
  /** Bytes of new uploads in a day of UTC. */
  bytesPerDay: number;
}

/** What is counted of one person. Times are ms since 1970. */
export interface Counted {
  /** When each upload of the last minute began, oldest first. */
  openings: number[];
  /** Slot -> until when it is taken, exclusive. */
  slots: Record<string, number>;
  /** The day of `bytes`, as `dayOf` has it. */
  day: number;
  /** Reserved on that day, by uploads that came to their end too. */
  bytes: number;
}

export const NOTHING: Readonly<Counted> = { openings: [], slots: {}, day: 0, bytes: 0 };

export const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** How long after its last byte an upload still takes its slot. */
export const SLOT_MS = 60_000;

export type LimitName = "uploads-at-once" | "uploads-per-minute" | "bytes-per-day";

/** Why something is not possible now. */
export interface Exceeded {
  limit: LimitName;
  max: number;
  used: number;
  /** What was wanted of it. */
  wanted: number;
  /** When there is room for it, ms since 1970; null: never, it is larger than the limit. */
  freeAt: number | null;
}

export type Decision = { counted: Counted } | { exceeded: Exceeded };

/** Days since 1970, UTC. */
export const dayOf = (now: number): number => Math.floor(now / DAY_MS);

/** When a day (as `dayOf` has it) ends. */
export const endOfDay = (day: number): number => (day + 1) * DAY_MS;

/** What still counts at `now`. */
export function current(counted: Counted, now: number): Counted {
  const sameDay = counted.day === dayOf(now);
  return {
    openings: counted.openings.filter((at) => at > now - MINUTE_MS),
    slots: Object.fromEntries(Object.entries(counted.slots).filter(([, until]) => until > now)),
    day: dayOf(now),
    bytes: sameDay ? counted.bytes : 0,
  };
}

export interface Wanted {
  now: number;
  /** A new upload counts as an opening. */
  opens: boolean;
  /** The slot it needs; null: none. One that is taken already by this upload is kept. */
  slot: string | null;
  /** Bytes to be charged to today. */
  bytes: number;
}

/** All of it, or nothing. */
export function admit(rules: LimitRules, before: Counted, wanted: Wanted): Decision {
  const { now, opens, slot, bytes } = wanted;
  const counted = current(before, now);

  if (rules.bytesPerDay > 0 && bytes > 0) {
    const used = counted.bytes;
    const whole = { limit: "bytes-per-day", max: rules.bytesPerDay, used, wanted: bytes } as const;
    if (bytes > rules.bytesPerDay) return { exceeded: { ...whole, freeAt: null } };
    if (used + bytes > rules.bytesPerDay) return { exceeded: { ...whole, freeAt: endOfDay(counted.day) } };
  }
  if (rules.uploadsPerMinute > 0 && opens && counted.openings.length >= rules.uploadsPerMinute) {
    const used = counted.openings.length;
    const freeAt = counted.openings[used - rules.uploadsPerMinute]! + MINUTE_MS;
    return {
      exceeded: { limit: "uploads-per-minute", max: rules.uploadsPerMinute, used, wanted: 1, freeAt },
    };
  }
  const taken = Object.keys(counted.slots);
  if (
    rules.uploadsAtOnce > 0 && slot !== null && !(slot in counted.slots) &&
    taken.length >= rules.uploadsAtOnce
  ) {
    const ends = Object.values(counted.slots).sort((a, b) => a - b);
    const freeAt = ends[taken.length - rules.uploadsAtOnce]!;
    return {
      exceeded: { limit: "uploads-at-once", max: rules.uploadsAtOnce, used: taken.length, wanted: 1, freeAt },
    };
  }
  return {
    counted: {
      ...counted,
      openings: opens ? [...counted.openings, now] : counted.openings,
      slots: slot === null ? counted.slots : { ...counted.slots, [slot]: now + SLOT_MS },
      bytes: counted.bytes + bytes,
    },
  };
}

/** Gives a slot free. */
export function leaveSlot(counted: Counted, slot: string): Counted {
  const { [slot]: _left, ...slots } = counted.slots;
  return { ...counted, slots };
}

/** Takes back bytes that were charged to `day`. */
export function takeBack(counted: Counted, { day, bytes }: { day: number; bytes: number }): Counted {
  if (counted.day !== day) return counted;
  return { ...counted, bytes: Math.max(0, counted.bytes - bytes) };
}
