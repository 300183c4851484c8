/**
 * Pages of lists whose rows are filtered: each looks at a bounded number of rows, whatever the filter, and may come
 * back short, or empty, with a cursor.
 */
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Records } from "./records/records.ts";
import type { ListPage } from "./uploads/sessions.ts";

/** Rows that one page looks at. */
const MAX_SCAN = 1000;
const ROWS_PER_READ = 100;

export interface Scan<T> {
  prefix: Deno.KvKey;
  /** Types of what follows the prefix in a key; cursors hold that. */
  rest: ("string" | "number" | "bigint")[];
  /** `down`: from the last key to the first. */
  order: "up" | "down";
  limit: number;
  cursor?: string | undefined;
  /** Where the list is over, although there are more keys; absent: at the last one. */
  isBeyond?: (key: Deno.KvKey) => boolean;
  /** What each row stands for, in their order; null: it is gone, or not what is asked for. */
  resolve(rows: Deno.KvEntry<unknown>[]): Promise<(T | null)[]>;
}

export async function scanPage<T>(records: Records, scan: Scan<T>): Promise<ListPage<T>> {
  const { prefix, rest, order, limit, cursor, isBeyond = () => false, resolve } = scan;
  const items: T[] = [];
  let last: Deno.KvKey | undefined;
  if (cursor !== undefined) last = [...prefix, ...decodeCursor(cursor, rest)];
  const cursorAt = (key: Deno.KvKey) => encodeCursor(key.slice(prefix.length));

  for (let scanned = 0; scanned < MAX_SCAN;) {
    const wanted = Math.min(ROWS_PER_READ, MAX_SCAN - scanned);
    const from = last && (order === "down" ? { before: last } : { after: last });
    const rows = await records.page<unknown>(prefix, { limit: wanted, reverse: order === "down", ...from });
    const end = rows.findIndex(({ key }) => isBeyond(key));
    const within = end < 0 ? rows : rows.slice(0, end);
    const atEnd = end >= 0 || rows.length < wanted;
    const found = await resolve(within);
    for (const [row, { key }] of within.entries()) {
      scanned++;
      last = key;
      const item = found[row] ?? null;
      if (item !== null) items.push(item);
      if (items.length < limit) continue;
      return { items, cursor: atEnd && row + 1 === within.length ? null : cursorAt(key) };
    }
    if (atEnd) return { items, cursor: null };
  }
  return { items, cursor: cursorAt(last!) };
}
