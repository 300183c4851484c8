/** What each owner has stored, as counted last, and what is counted of today's uploads now. */
import type { Core } from "../core.ts";
import { current } from "../limits/rules.ts";
import { usesOf } from "../limits/usage.ts";
import { keys } from "../records/keys.ts";
import type { OwnerFigures, ReportRecord, UsageRecord } from "../records/reports.ts";
import { type Scan, scanPage } from "../scan.ts";
import type { ListPage } from "../uploads/sessions.ts";

export interface OwnerUsage extends OwnerFigures {
  ownerId: string;
  /** Uploads that take a place; 0 of whom no limits hold for. */
  uploadsNow: number;
  /** Of uploads of today (UTC), as reserved; 0 of whom no limits hold for. */
  bytesToday: number;
  /** Whether a limit is used up now. */
  limited: boolean;
}

export interface ListUsage {
  /** `bytes`: most first; `name`: A to Z. */
  sort: "bytes" | "name";
  limit: number;
  cursor?: string | undefined;
}

type Counted = OwnerFigures & { ownerId: string };

/** Of owners who have files or open uploads. */
export async function listUsage(
  core: Core,
  { sort, limit, cursor }: ListUsage,
): Promise<ListPage<OwnerUsage> & { asOf: number | null }> {
  const { value: report } = await core.records.get<ReportRecord>(keys.storageReport());
  // Counts begin with 1.
  const count = report?.count ?? 0;
  const rows = sort === "bytes" ? byBytes(core, count) : byName(count);
  const page = await scanPage<Counted>(core.records, { ...rows, limit, cursor });
  const items = await Promise.all(page.items.map((counted) => withToday(core, counted)));
  return { items, cursor: page.cursor, asOf: report?.endedAt ?? null };
}

type Rows = Omit<Scan<Counted>, "limit" | "cursor">;

function byBytes({ records }: Core, count: number): Rows {
  return {
    prefix: keys.usageByBytesOf(count),
    rest: ["number", "string"],
    order: "down",
    async resolve(rows) {
      const owners = rows.map(({ key }) => key.at(-1) as string);
      const entries = await records.getMany<UsageRecord>(owners.map((owner) => keys.usageReport(owner)));
      return entries.map(({ value }, index) => counted(owners[index]!, value?.[count]));
    },
  };
}

function byName(count: number): Rows {
  return {
    prefix: keys.usageReports(),
    rest: ["string"],
    order: "up",
    resolve: (rows) =>
      Promise.resolve(
        rows.map(({ key, value }) => counted(key.at(-1) as string, (value as UsageRecord)[count])),
      ),
  };
}

function counted(ownerId: string, figures: OwnerFigures | undefined): Counted | null {
  return figures ? { ownerId, ...figures } : null;
}

async function withToday(core: Core, counted: Counted): Promise<OwnerUsage> {
  const { ownerId } = counted;
  const found = await core.limits.usage({ id: ownerId, role: "user", name: ownerId });
  if (!found) return { ...counted, uploadsNow: 0, bytesToday: 0, limited: false };
  const now = core.now();
  const { slots, bytes } = current(found, now);
  return {
    ...counted,
    uploadsNow: Object.keys(slots).length,
    bytesToday: bytes,
    limited: usesOf(core.config.limits, found, now).some(({ remaining }) => remaining === 0),
  };
}
