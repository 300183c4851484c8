/** Records of what people may upload. */
import type { Counted } from "../limits/rules.ts";

export type LimitsRecord = Counted;

/** What one upload has been given of its owner's limits; gone when that is settled. */
export interface ShareRecord {
  ownerId: string;
  /** The upload's own id, or that of the uploads with which it counts as one. */
  slot: string;
  /** Bytes by the day (since 1970, UTC) to which they were charged, oldest first. */
  charged: { day: number; bytes: number }[];
  /** Whether a session stands behind it; what a single request had is given back after a crash. */
  session: boolean;
  /** The process run that made it. */
  run: string;
}
