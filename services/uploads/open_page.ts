/** Pages of open sessions, whatever these are large: one is loaded after the other, and only so many as a page may cost. */
import type { Core } from "../core.ts";
import { encodeCursor } from "../cursor.ts";
import type { UploadRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import type { LiveUpload } from "./live.ts";
import type { ListPage } from "./sessions.ts";

/** Records of chunks that one page loads, and entries of its items, about; then it ends short, with a cursor. */
const MAX_COST = 50_000;

export interface OpenRow {
  id: string;
  /** Where the list goes on behind it. */
  cursor: (string | number)[];
}

export interface OpenPage<T> {
  /** One more than `limit` when there are more. */
  rows: OpenRow[];
  limit: number;
  /** null: it is not in the list. */
  describe(record: UploadRecord, upload: LiveUpload): T | null;
  /** How many entries an item has; 0 when it is of one size. */
  entriesOf?(item: T): number;
}

export async function openPage<T>(
  core: Core,
  { rows, limit, describe, entriesOf = () => 0 }: OpenPage<T>,
): Promise<ListPage<T>> {
  const wanted = rows.slice(0, limit);
  const records = await core.records.getMany<UploadRecord>(wanted.map(({ id }) => keys.upload(id)));
  const items: T[] = [];
  let cost = 0;
  for (const [at, { value: record }] of records.entries()) {
    if (record?.status === "uploading") {
      const isLoaded = core.live.peek(record.id) !== undefined;
      using lease = await core.live.look(record);
      if (!isLoaded) cost += lease.upload.chunks;
      const item = describe(record, lease.upload);
      if (item !== null) {
        items.push(item);
        cost += entriesOf(item);
      }
    }
    const isLast = at + 1 === rows.length;
    if (!isLast && (cost > MAX_COST || at + 1 === limit)) {
      return { items, cursor: encodeCursor(wanted[at]!.cursor) };
    }
  }
  return { items, cursor: null };
}
