/** Attachments in pages: the caller's own, and for administrators the ones hidden in the recycle bin, of all owners. */
import type { Core } from "../core.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { AttachmentRecord, Caller } from "../model.ts";
import { requireAdmin } from "../policy.ts";
import { Problem } from "../problem.ts";
import { type Stage, stageOf } from "../records/attachments.ts";
import { keys } from "../records/keys.ts";
import type { ListPage } from "../uploads/sessions.ts";

/** Rows that one page looks at when it searches by name; it may come back short, with a cursor. */
const MAX_SCAN = 1000;
/** Rows beyond which only the order of creation is offered. */
const MAX_SORT = 10_000;
const ROWS_PER_READ = 100;

export interface ListRequest {
  businessType?: string | undefined;
  businessId?: string | undefined;
  /** A part of the name, whatever its case. */
  q?: string | undefined;
  /** `binned`: hidden from their owners; for administrators. */
  state: Stage;
  /** `created`: newest first, of `binned` the last hidden first; `name`: A to Z; `size`: largest first. */
  sort: "created" | "name" | "size";
  limit: number;
  cursor?: string | undefined;
}

export async function listAttachments(
  core: Core,
  caller: Caller,
  request: ListRequest,
): Promise<ListPage<AttachmentRecord>> {
  if (request.businessId !== undefined && request.businessType === undefined) {
    throw new Problem("invalid-request", "businessId needs a businessType: ids belong to a type.");
  }
  const query = { prefix: prefixOf(caller, request), matches: matcher(request), request };
  return request.sort === "created" ? await inOrder(core, query) : await sorted(core, query);
}

function prefixOf(caller: Caller, { businessType, businessId, state }: ListRequest): Deno.KvKey {
  if (state === "binned") {
    requireAdmin(caller);
    return keys.attachmentsBinned();
  }
  if (businessType === undefined) return keys.attachmentsByOwner(caller.id, state);
  return keys.attachmentsByBusiness({ owner: caller.id, type: businessType, id: businessId ?? null }, state);
}

type Matcher = (record: AttachmentRecord) => boolean;

/** Indexes are read before the records; what was moved in between is in another list by now. */
function matcher({ q, state, businessType, businessId }: ListRequest): Matcher {
  const part = q ? caseless(q) : null;
  return (record) =>
    stageOf(record) === state &&
    (businessType ?? record.businessType) === record.businessType &&
    (businessId ?? record.businessId) === record.businessId &&
    (part === null || caseless(record.fileName).includes(part));
}

/** Upper case does not depend on what stands beside a letter, as that of a Greek sigma does in lower case. */
const caseless = (text: string) => text.normalize("NFC").toUpperCase();

interface Query {
  prefix: Deno.KvKey;
  matches: Matcher;
  request: ListRequest;
}

async function inOrder(
  core: Core,
  { prefix, matches, request }: Query,
): Promise<ListPage<AttachmentRecord>> {
  const { limit, cursor } = request;
  const items: AttachmentRecord[] = [];
  let before: Deno.KvKey | undefined;
  if (cursor !== undefined) {
    before = [
      ...prefix,
      ...decodeCursor(cursor, request.state === "binned" ? ["number", "bigint"] : ["bigint"]),
    ];
  }

  for (let scanned = 0; scanned < MAX_SCAN;) {
    const rows = await readRows(core, { prefix, before, limit: Math.min(ROWS_PER_READ, MAX_SCAN - scanned) });
    for (const [row, { key, record }] of rows.found.entries()) {
      scanned++;
      before = key;
      if (record && matches(record)) items.push(record);
      if (items.length < limit) continue;
      const more = !rows.atEnd || row + 1 < rows.found.length;
      return { items, cursor: more ? encodeCursor(key.slice(prefix.length)) : null };
    }
    if (rows.atEnd) return { items, cursor: null };
  }
  return { items, cursor: encodeCursor(before!.slice(prefix.length)) };
}

/** Newest first. `record` is null for one that went meanwhile. */
async function readRows(
  { records }: Core,
  { prefix, before, limit }: { prefix: Deno.KvKey; before: Deno.KvKey | undefined; limit: number },
) {
  const index = await records.page(prefix, { limit, reverse: true, ...(before && { before }) });
  const ids = index.map(({ key }) => String(key.at(-1)));
  const entries = await records.getMany<AttachmentRecord>(ids.map((id) => keys.attachment(id)));
  return {
    found: index.map(({ key }, row) => ({ key, record: entries[row]!.value })),
    atEnd: index.length < limit,
  };
}

async function sorted(core: Core, { prefix, matches, request }: Query): Promise<ListPage<AttachmentRecord>> {
  const all: AttachmentRecord[] = [];
  let before: Deno.KvKey | undefined;
  for (let scanned = 0;;) {
    const rows = await readRows(core, { prefix, before, limit: 500 });
    scanned += rows.found.length;
    if (scanned > MAX_SORT) {
      throw new Problem(
        "invalid-request",
        `With more than ${MAX_SORT} files only sort=created is possible. Narrow the list by businessType.`,
      );
    }
    for (const { record } of rows.found) if (record && matches(record)) all.push(record);
    if (rows.atEnd) break;
    before = rows.found.at(-1)!.key;
  }
  const order = request.sort === "name" ? byName() : bySize;
  all.sort(order);

  const after = request.cursor === undefined ? null : cursorRecord(request);
  const start = after ? all.findIndex((record) => order(after, record) < 0) : 0;
  const items = start < 0 ? [] : all.slice(start, start + request.limit);
  const last = items.at(-1);
  const more = last !== undefined && start + items.length < all.length;
  return {
    items,
    cursor: more
      ? encodeCursor(request.sort === "name" ? [last.fileName, last.id] : [last.size, last.id])
      : null,
  };
}

type Sortable = Pick<AttachmentRecord, "fileName" | "size" | "id">;

function cursorRecord({ sort, cursor }: ListRequest): Sortable {
  const [value, id] = decodeCursor(cursor!, [sort === "name" ? "string" : "number", "string"]);
  if (!/^\d{1,19}$/.test(id as string)) {
    throw new Problem("invalid-cursor", "The cursor is not one of this list. Start again without it.");
  }
  return sort === "name"
    ? { fileName: value as string, size: 0, id: id as string }
    : { fileName: "", size: value as number, id: id as string };
}

function newestFirst(a: Sortable, b: Sortable): number {
  const [left, right] = [BigInt(a.id), BigInt(b.id)];
  return left > right ? -1 : left < right ? 1 : 0;
}

/** As people sort: digits by their value, case last. */
function byName() {
  const collator = new Intl.Collator("en", { numeric: true });
  return (a: Sortable, b: Sortable) => collator.compare(a.fileName, b.fileName) || newestFirst(a, b);
}

function bySize(a: Sortable, b: Sortable): number {
  return b.size - a.size || newestFirst(a, b);
}
