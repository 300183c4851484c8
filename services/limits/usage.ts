/** How much of each limit is used, for whom it concerns. Pure. */
import type { LimitsRecord } from "../records/limits.ts";
import { current, DAY_MS, endOfDay, type LimitName, type LimitRules, MINUTE_MS } from "./rules.ts";

export interface LimitUse {
  limit: LimitName;
  max: number;
  used: number;
  remaining: number;
  /** Length of the time in which it holds, ms; null: it holds at any moment. */
  windowMs: number | null;
  /** When something of it is free again, ms since 1970; null: nothing is used. */
  freeAt: number | null;
}

/** Those that are not switched off. */
export function usesOf(rules: LimitRules, counted: LimitsRecord, now: number): LimitUse[] {
  const { openings, slots, day, bytes } = current(counted, now);
  const ends = Object.values(slots);
  const all: Omit<LimitUse, "remaining">[] = [
    {
      limit: "uploads-at-once",
      max: rules.uploadsAtOnce,
      used: ends.length,
      windowMs: null,
      freeAt: ends.length === 0 ? null : Math.min(...ends),
    },
    {
      limit: "uploads-per-minute",
      max: rules.uploadsPerMinute,
      used: openings.length,
      windowMs: MINUTE_MS,
      freeAt: openings.length === 0 ? null : openings[0]! + MINUTE_MS,
    },
    {
      limit: "bytes-per-day",
      max: rules.bytesPerDay,
      used: bytes,
      windowMs: DAY_MS,
      freeAt: bytes === 0 ? null : endOfDay(day),
    },
  ];
  return all.filter(({ max }) => max > 0).map((one) => ({
    ...one,
    remaining: Math.max(0, one.max - one.used),
  }));
}
