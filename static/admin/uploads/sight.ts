/** How fast an upload is, as somebody sees who looks now and then. Pure. */
import type { AdminUpload } from "../api.ts";

export interface Sight {
  bytes: number;
  /** Ms since 1970. */
  at: number;
  speed: number | null;
}

/** How fast it is, told by this look and the one before, smoothed. */
export function sightOf(
  { receivedBytes: bytes, active }: Pick<AdminUpload, "receivedBytes" | "active">,
  at: number,
  before: Sight | undefined,
): Sight {
  if (!active || before === undefined || at <= before.at) return { bytes, at, speed: null };
  const now = Math.max(0, bytes - before.bytes) / ((at - before.at) / 1000);
  return { bytes, at, speed: before.speed === null ? now : (before.speed + now) / 2 };
}
