/** Open sessions of all owners, for administrators. */
import type { Core } from "../core.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import type { ActivityRecord } from "../records/uploads.ts";
import { expiresAt } from "./find.ts";
import type { LiveUpload } from "./live.ts";
import { describeUpload, type ListPage, type UploadView } from "./sessions.ts";

/** With more open sessions they are listed by owner: no index has them by their progress. */
const MAX_SORTED = 500;
/** Records of chunks that one page loads, about; then it ends short, with a cursor. */
const MAX_CHUNKS = 50_000;
const MAX_COUNT = 1000;

export interface OpenUpload {
  view: UploadView;
  /** Ms since 1970; of one that has been silent for long up to a minute off. */
  lastProgressAt: number;
  /** Whether bytes are coming right now, in this process. */
  active: boolean;
}

export interface ListOpen {
  owner?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

interface Row {
  id: string;
  /** Where the list goes on behind it. */
  cursor: (string | number)[];
}

/** The latest progress first; of more than 500 by owner, the newest first. */
export async function listOpenUploads(
  core: Core,
  { owner, limit, cursor }: ListOpen,
): Promise<ListPage<OpenUpload>> {
  const prefix = owner === undefined ? keys.uploadsOpen() : keys.uploadsByOwner(owner);
  const found = await core.records.page(prefix, { limit: MAX_SORTED + 1 });
  const rows = found.length > MAX_SORTED
    ? await byOwner(core, { prefix, limit, cursor })
    : (await byProgress(core, { found, cursor })).slice(0, limit + 1);

  const entries = await core.records.getMany<UploadRecord>(
    rows.slice(0, limit).map(({ id }) => keys.upload(id)),
  );
  const items: OpenUpload[] = [];
  let loaded = 0;
  for (const [at, { value: record }] of entries.entries()) {
    if (record?.status !== "uploading") continue;
    const isLoaded = core.live.peek(record.id) !== undefined;
    using lease = await core.live.open(record);
    const open = await describeOpen(core, record, lease.upload);
    if (open) items.push(open);
    if (!isLoaded) loaded += lease.upload.chunks;
    if (loaded > MAX_CHUNKS && at + 1 < rows.length) return { items, cursor: encodeCursor(rows[at]!.cursor) };
  }
  return { items, cursor: rows.length > limit ? encodeCursor(rows[limit - 1]!.cursor) : null };
}

/** One more than `limit` when there are more. */
async function byOwner(
  core: Core,
  { prefix, limit, cursor }: { prefix: Deno.KvKey; limit: number; cursor: string | undefined },
): Promise<Row[]> {
  const rest = ["string", "number", "string"] as const;
  const before = cursor && [...prefix, ...decodeCursor(cursor, rest.slice(prefix.length - 1))];
  const found = await core.records.page(prefix, {
    limit: limit + 1,
    reverse: true,
    ...(before && { before }),
  });
  return found.map(({ key }) => ({ id: key.at(-1) as string, cursor: key.slice(prefix.length) as string[] }));
}

async function byProgress(
  core: Core,
  { found, cursor }: { found: Deno.KvEntry<unknown>[]; cursor: string | undefined },
): Promise<Row[]> {
  const ids = found.map(({ key }) => key.at(-1) as string);
  const stored = await core.records.getMany<ActivityRecord>(ids.map((id) => keys.uploadActivity(id)));
  const rows = found.map(({ key }, index) => {
    const id = ids[index]!;
    const at = core.live.peek(id)?.lastProgressAt ?? stored[index]!.value?.at ?? (key.at(-2) as number);
    return { id, cursor: [at, id] as [number, string] };
  });
  const all = rows.sort((a, b) => order(a.cursor, b.cursor));
  if (cursor === undefined) return all;
  const last = decodeCursor(cursor, ["number", "string"]) as [number, string];
  return all.filter((row) => order(last, row.cursor) < 0);
}

/** The latest first. */
function order([at, id]: [number, string], [otherAt, otherId]: [number, string]): number {
  return otherAt - at || (id < otherId ? -1 : id > otherId ? 1 : 0);
}

async function describeOpen(
  core: Core,
  record: UploadRecord,
  upload: LiveUpload,
): Promise<OpenUpload | null> {
  if (upload.claims.size === 0 && core.now() >= expiresAt(core, upload)) return null;
  try {
    const view = await describeUpload(core, record);
    const lastProgressAt = Math.min(core.now(), upload.lastProgressAt);
    return { view, lastProgressAt, active: upload.claims.size > 0 };
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return null; // It has just expired.
    throw error;
  }
}

/** How many there are, as far as they are counted. */
export async function countOpenUploads({ records }: Core): Promise<{ count: number; more: boolean }> {
  const { length } = await records.page(keys.uploadsOpen(), { limit: MAX_COUNT + 1 });
  return { count: Math.min(length, MAX_COUNT), more: length > MAX_COUNT };
}
