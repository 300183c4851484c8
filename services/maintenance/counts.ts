/**
 * What is counted, counted anew: a bounded number of things at a time, whatever the number of records. Beside live
 * traffic the count of one holds when its record is the same before and after, because whatever changes the count
 * changes the record in the same commit.
 */
import type { Core } from "../core.ts";
import type { Finding } from "./finding.ts";
import { type Check, confirmed, pagesOf, type Step } from "./looking.ts";
import { newSketch, type Sketch } from "./sketch.ts";

/** Counted at once. */
const MOST = 50_000;
/** Of one that changed meanwhile. */
const ROUNDS = 4;
/** Beyond them nothing is said of those that change all the time. */
const MOST_AGAIN = 1000;

// deno-lint-ignore no-explicit-any -- each relation has its own kinds of records
type Entry = Deno.KvEntry<any>;

export interface Counted {
  prefix: Deno.KvKey;
  /** How often it says that it is referred to; null: it says nothing. */
  expected(entry: Entry): number | null;
  idOf(entry: Entry): string;
  /** What refers to them, and to which one; null: to none. */
  by: { prefix: Deno.KvKey; refersTo(entry: Entry): string | null }[];
  /** What is wrong with so many; null: nothing is. */
  judge(check: Check, entry: Entry, count: number): Finding | null;
}

export async function* checkCounts(check: Check, counted: Counted): AsyncGenerator<Step> {
  const [seed] = crypto.getRandomValues(new Int32Array(1));
  const sketch = newSketch(seed!);
  yield* fill(check, { counted, sketch });
  let suspects = new Map<string, Entry>();
  for await (const page of pagesOf(check.core, counted.prefix)) {
    for (const entry of page) {
      const id = counted.idOf(entry);
      if (counted.expected(entry) !== null && sketch.isSuspect(id)) suspects.set(id, entry);
    }
    if (suspects.size >= MOST) {
      yield* decide(check, counted, suspects);
      suspects = new Map();
    }
    yield null;
  }
  yield* decide(check, counted, suspects);
}

async function* fill(
  { core, count }: Check,
  { counted, sketch }: { counted: Counted; sketch: Sketch },
): AsyncGenerator<null> {
  for await (const page of pagesOf(core, counted.prefix)) {
    for (const entry of page) {
      const expected = counted.expected(entry);
      if (expected !== null) sketch.add(counted.idOf(entry), expected);
    }
    count(page.length);
    yield null;
  }
  for (const { prefix, refersTo } of counted.by) {
    for await (const page of pagesOf(core, prefix)) {
      for (const entry of page) {
        const id = refersTo(entry);
        if (id !== null) sketch.add(id, -1);
      }
      count(page.length);
      yield null;
    }
  }
}

/** Counts them exactly, those that changed meanwhile again. */
async function* decide(
  check: Check,
  counted: Counted,
  suspects: Map<string, Entry>,
): AsyncGenerator<Step> {
  let left = suspects;
  for (let round = 1; left.size > 0 && round <= ROUNDS; round++) {
    const found = new Map<string, number>();
    for (const { prefix, refersTo } of counted.by) {
      for await (const page of pagesOf(check.core, prefix)) {
        for (const entry of page) {
          const id = refersTo(entry);
          if (id !== null && left.has(id)) found.set(id, (found.get(id) ?? 0) + 1);
        }
        yield null;
      }
    }
    const changed = new Map<string, Entry>();
    for (const [id, before] of left) {
      const now = await check.core.records.get(before.key);
      if (now.versionstamp === null) continue;
      const entry = now as Entry;
      if (now.versionstamp === before.versionstamp) {
        const finding = counted.judge(check, entry, found.get(id) ?? 0);
        if (finding) yield await confirmed(finding);
      } else if (changed.size >= MOST_AGAIN) check.undecided();
      else if (counted.expected(entry) !== null) changed.set(id, entry);
    }
    left = changed;
  }
  for (const _ of left) check.undecided();
}

/** For the repair of a count: false when the record has changed, and with it perhaps the count. */
export async function isUnchanged(
  { records }: Core,
  commit: Deno.AtomicOperation,
  { key, versionstamp }: Entry,
): Promise<boolean> {
  if ((await records.get(key)).versionstamp !== versionstamp) return false;
  commit.check({ key, versionstamp });
  return true;
}
