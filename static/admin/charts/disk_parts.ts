/** What takes the room on the disk. Pure. */
import type { StorageReport } from "../api.ts";

export const DISK_PARTS = ["stored", "variants", "uploads", "condemned", "other", "free"] as const;
export type DiskPart = (typeof DISK_PARTS)[number];

/** Bytes of each; what is not ours is what is neither ours nor free. Null when the disk is not known. */
export function diskParts(report: StorageReport): Record<DiskPart, number> | null {
  const { disk, storedBytes, variantBytes, uploadBytes, condemnedBytes } = report;
  if (disk === null) return null;
  const ours = storedBytes + variantBytes + uploadBytes + condemnedBytes;
  return {
    stored: storedBytes,
    variants: variantBytes,
    uploads: uploadBytes,
    condemned: condemnedBytes,
    // The count may be an hour old, so that this is no more than a good guess.
    other: Math.max(0, disk.totalBytes - disk.freeBytes - ours),
    free: disk.freeBytes,
  };
}

/** Of the whole disk; below it somebody should do something. */
const SCARCE = 0.05;

export function isNearlyFull({ disk }: Pick<StorageReport, "disk">): boolean {
  if (disk === null) return false;
  return disk.freeBytes - disk.reserveBytes < disk.totalBytes * SCARCE;
}
