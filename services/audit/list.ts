/** Reading the audit, newest first. */
import type { Core } from "../core.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { keys } from "../records/keys.ts";
import type { ListPage } from "../uploads/sessions.ts";
import { entryIdAt } from "./audit.ts";
import type { AuditAction, AuditRecord, Target } from "./entry.ts";

/** Entries that one page looks at; with a filter it may come back short, with a cursor. */
const MAX_SCAN = 2000;
const ROWS_PER_READ = 200;

export interface AuditQuery {
  /** The caller's id. */
  actor?: string | undefined;
  address?: string | undefined;
  action?: AuditAction | undefined;
  target?: Target | undefined;
  /** `done`: what happened; `refused`: what did not. */
  outcome?: "done" | "refused" | undefined;
  /** Ms since 1970, inclusive. */
  from?: number | undefined;
  /** Ms since 1970, exclusive. */
  until?: number | undefined;
  limit: number;
  cursor?: string | undefined;
}

export async function listAudit({ records }: Core, query: AuditQuery): Promise<ListPage<AuditRecord>> {
  const prefix = query.target ? keys.auditOfTarget(query.target) : keys.auditAll();
  const after = query.from === undefined ? undefined : [...prefix, entryIdAt(query.from)];
  let before = query.cursor !== undefined
    ? [...prefix, ...decodeCursor(query.cursor, ["string"])]
    : query.until === undefined
    ? undefined
    : [...prefix, entryIdAt(query.until)];
  const items: AuditRecord[] = [];

  for (let scanned = 0; scanned < MAX_SCAN;) {
    const rows = await records.page<AuditRecord | true>(prefix, {
      limit: ROWS_PER_READ,
      reverse: true,
      ...(after && { after }),
      ...(before && { before }),
    });
    const found = query.target
      ? (await records.getMany<AuditRecord>(rows.map(({ key }) => keys.audit(key.at(-1) as string)))).map((
        e,
      ) => e.value)
      : rows.map(({ value }) => value as AuditRecord);
    for (const [row, { key }] of rows.entries()) {
      scanned++;
      before = key as (string | number | bigint)[];
      const entry = found[row];
      if (entry && matches(entry, query)) items.push(entry);
      if (items.length === query.limit) return { items, cursor: encodeCursor([key.at(-1)!]) };
    }
    if (rows.length < ROWS_PER_READ) return { items, cursor: null };
  }
  return { items, cursor: encodeCursor([before!.at(-1)!]) };
}

function matches(entry: AuditRecord, { actor, address, action, outcome }: AuditQuery): boolean {
  if (actor !== undefined && entry.actor.id !== actor) return false;
  if (address !== undefined && entry.actor.address !== address) return false;
  if (action !== undefined && entry.action !== action) return false;
  return outcome === undefined || (entry.result === "done") === (outcome === "done");
}
