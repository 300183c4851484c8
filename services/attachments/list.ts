/** Attachments in pages: the caller's own; for administrators those of all owners, and what the recycle bin hides. */
import type { Core } from "../core.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { AttachmentRecord, Caller } from "../model.ts";
import { requireAdmin } from "../policy.ts";
import { Problem } from "../problem.ts";
import { type Stage, stageOf } from "../records/attachments.ts";
import { type Bin, keys } from "../records/keys.ts";
import { scanPage } from "../scan.ts";
import type { ListPage } from "../uploads/sessions.ts";

/** Rows beyond which only the order of creation is offered. */
const MAX_SORT = 10_000;
const ROWS_PER_READ = 500;

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
  const query = { index: indexOf(caller, request), matches: matcher(request), request };
  return request.sort === "created" ? await inOrder(core, query) : await sorted(core, query);
}

export interface ListAllRequest {
  state: Stage;
  owner?: string | undefined;
  businessType?: string | undefined;
  /** A part of the name, whatever its case. */
  q?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Those of all owners, for administrators: newest first; what is deleted or binned, the last first (of one owner's deleted ones the newest). */
export async function listAllAttachments(
  core: Core,
  request: ListAllRequest,
): Promise<ListPage<AttachmentRecord>> {
  return await inOrder(core, { index: indexOfAll(request), matches: matcher(request), request });
}

/** Where rows lie by id, or by the time of what became of them. */
interface Index {
  prefix: Deno.KvKey;
  rest: ["bigint"] | ["number", "bigint"];
}

const byId = (prefix: Deno.KvKey): Index => ({ prefix, rest: ["bigint"] });
const byTime = (prefix: Deno.KvKey): Index => ({ prefix, rest: ["number", "bigint"] });

function indexOf(caller: Caller, { businessType, businessId, state }: ListRequest): Index {
  if (state === "binned") {
    requireAdmin(caller);
    return byTime(keys.attachmentsBinned());
  }
  return byId(ofOwner(caller.id, state, { type: businessType, id: businessId }));
}

function indexOfAll({ state, owner, businessType: type }: ListAllRequest): Index {
  if (state === "binned") return byTime(keys.attachmentsBinned());
  if (owner !== undefined) return byId(ofOwner(owner, state, { type }));
  return state === "deleted" ? byTime(keys.attachmentsDeleted()) : byId(keys.attachments());
}

function ofOwner(
  owner: string,
  bin: Bin,
  { type, id }: { type: string | undefined; id?: string | undefined },
): Deno.KvKey {
  if (type === undefined) return keys.attachmentsByOwner(owner, bin);
  return keys.attachmentsByBusiness({ owner, type, id: id ?? null }, bin);
}

type Matcher = (record: AttachmentRecord) => boolean;

/** Indexes are read before the records; what was moved in between is in another list by now. */
function matcher(
  { q, state, owner, businessType, businessId }:
    & Partial<ListRequest>
    & Pick<ListAllRequest, "state" | "owner">,
): Matcher {
  const part = q ? caseless(q) : null;
  return (record) =>
    stageOf(record) === state &&
    (owner ?? record.ownerId) === record.ownerId &&
    (businessType ?? record.businessType) === record.businessType &&
    (businessId ?? record.businessId) === record.businessId &&
    (part === null || caseless(record.fileName).includes(part));
}

/** Upper case does not depend on what stands beside a letter, as that of a Greek sigma does in lower case. */
const caseless = (text: string) => text.normalize("NFC").toUpperCase();

interface Query {
  index: Index;
  matches: Matcher;
  request: Pick<ListRequest, "limit" | "cursor">;
}

/** From the last row of the index on. */
async function inOrder(
  core: Core,
  { index, matches, request: { limit, cursor } }: Query,
): Promise<ListPage<AttachmentRecord>> {
  return await scanPage(core.records, {
    ...index,
    order: "down",
    limit,
    cursor,
    resolve: async (rows) =>
      (await recordsOf(core, rows)).map((record) => record && matches(record) ? record : null),
  });
}

/** What the rows of an index lead to, null for one that went meanwhile; or what they are. */
async function recordsOf(
  { records }: Core,
  rows: Deno.KvEntry<unknown>[],
): Promise<(AttachmentRecord | null)[]> {
  if (rows[0]?.value !== true) return rows.map(({ value }) => value as AttachmentRecord);
  const entries = await records.getMany<AttachmentRecord>(
    rows.map(({ key }) => keys.attachment(String(key.at(-1)))),
  );
  return entries.map(({ value }) => value);
}

async function sorted(
  core: Core,
  { index: { prefix }, matches, request }: Query & { request: ListRequest },
): Promise<ListPage<AttachmentRecord>> {
  const all: AttachmentRecord[] = [];
  let before: Deno.KvKey | undefined;
  for (let scanned = 0;;) {
    const rows = await core.records.page(prefix, {
      limit: ROWS_PER_READ,
      reverse: true,
      ...(before && { before }),
    });
    scanned += rows.length;
    if (scanned > MAX_SORT) {
      throw new Problem(
        "invalid-request",
        `With more than ${MAX_SORT} files only sort=created is possible. Narrow the list by businessType.`,
      );
    }
    for (const record of await recordsOf(core, rows)) if (record && matches(record)) all.push(record);
    if (rows.length < ROWS_PER_READ) break;
    before = rows.at(-1)!.key;
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
