/** Open sessions of all owners, for administrators. */
import type { Core } from "../core.ts";
import { decodeCursor } from "../cursor.ts";
import { keys } from "../records/keys.ts";
import type { ActivityRecord } from "../records/uploads.ts";
import { isOver } from "./find.ts";
import { openPage, type OpenRow } from "./open_page.ts";
import { type ListPage, type UploadView, viewOpen } from "./sessions.ts";

/** With more open sessions they are listed by owner: no index has them by their progress. */
const MAX_SORTED = 500;
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

  return await openPage(core, {
    rows,
    limit,
    describe(record, upload) {
      if (isOver(core, upload)) return null;
      const lastProgressAt = Math.min(core.now(), upload.lastProgressAt);
      return { view: viewOpen(core, record, upload), lastProgressAt, active: upload.claims.size > 0 };
    },
  });
}

/** One more than `limit` when there are more. */
async function byOwner(
  core: Core,
  { prefix, limit, cursor }: { prefix: Deno.KvKey; limit: number; cursor: string | undefined },
): Promise<OpenRow[]> {
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
): Promise<OpenRow[]> {
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

/** How many there are, as far as they are counted. */
export async function countOpenUploads({ records }: Core): Promise<{ count: number; more: boolean }> {
  const { length } = await records.page(keys.uploadsOpen(), { limit: MAX_COUNT + 1 });
  return { count: Math.min(length, MAX_COUNT), more: length > MAX_COUNT };
}
