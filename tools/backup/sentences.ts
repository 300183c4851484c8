/** What backup and restore say to whoever runs them. Pure. */
import type { Progress } from "./make_backup.ts";

export function progressText(progress: Progress): string {
  if (progress.step === "records") return "Copying the records";
  if (progress.step === "tidying") return "Removing what is not needed any more";
  const { blobs, ofBlobs, bytes, ofBytes } = progress;
  return `${blobs} of ${ofBlobs} blobs, ${sizeText(bytes)} of ${sizeText(ofBytes)}`;
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"];

export function sizeText(bytes: number): string {
  let unit = 0;
  let value = bytes;
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A full disk, named; anything else in its own words. */
export function failureText(error: unknown, place: string): string {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code === "ENOSPC" || code === "EDQUOT") {
    return `The disk of ${place} is full. Make room there and run it again: what was copied is kept.`;
  }
  return error instanceof Error ? error.message : String(error);
}
