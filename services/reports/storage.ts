/** The last report of what is stored, with what it was on each day, and what room is left now. */
import type { Room } from "../blobs/blob_store.ts";
import type { Core } from "../core.ts";
import { keys } from "../records/keys.ts";
import type { DayRecord, ReportRecord, StorageFigures } from "../records/reports.ts";
import { MAX_DAYS } from "./count.ts";
import { noFigures } from "./figures.ts";

export interface StorageView {
  /** When it was counted to its end, ms since 1970; null: never yet. */
  asOf: number | null;
  figures: StorageFigures;
  /** Oldest first. */
  growth: (DayRecord & { day: string })[];
  /** null: nobody knows. */
  room: Room | null;
}

export async function viewStorage({ records, blobs }: Core): Promise<StorageView> {
  const { value: report } = await records.get<ReportRecord>(keys.storageReport());
  const days = await records.page<DayRecord>(keys.storageDays(), { limit: MAX_DAYS, reverse: true });
  return {
    asOf: report?.endedAt ?? null,
    figures: report?.figures ?? noFigures(),
    growth: days.reverse().map(({ key, value }) => ({ day: key.at(-1) as string, ...value })),
    // That the storage fails is told by its health; what was counted is known all the same.
    room: await blobs.room().catch(() => null),
  };
}

/** Nothing was counted yet, or there was nothing when it was, and now there is. */
export async function isReportDue({ records }: Core): Promise<boolean> {
  const { value: report } = await records.get<ReportRecord>(keys.storageReport());
  if (report === null) return true;
  const { files, deletedFiles, binnedFiles } = report.figures;
  if (files + deletedFiles + binnedFiles > 0) return false;
  return (await records.page(keys.attachments(), { limit: 1 })).length > 0;
}
