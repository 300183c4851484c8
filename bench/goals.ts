/** What Pawl wants to reach, as ratios of medians measured in one run. */
import { median, type Result } from "./rounds.ts";

export interface Goal {
  name: string;
  /** The least (or, with `atMost`, the largest) value that is good enough. */
  limit: number;
  atMost?: true;
  value: number;
  unit: string;
  /** What the floor that was measured in the same run would reach: nobody who does the same work can do better. */
  possible?: number;
  /** Markdown: why it may not be reached. */
  why?: string;
}

/** Bytes a second, of the median round. */
export function speed({ bytes, samples }: Result): number {
  return bytes / median(samples.map(({ seconds }) => seconds));
}

/** How many times as fast `name` is as `other`; null when one of them did not take part. */
export function ratio(results: Result[], { name, other }: { name: string; other: string }): number | null {
  const [mine, theirs] = [name, other].map((wanted) => results.find(({ contender }) => contender === wanted));
  return mine && theirs ? speed(mine) / speed(theirs) : null;
}

export function reached({ limit, atMost, value }: Goal): boolean {
  return atMost ? value <= limit : value >= limit;
}
