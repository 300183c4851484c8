/** Records of what people may upload. */

/** What is counted of one person; what a switched-off limit would count is left out. Times are ms since 1970. */
export interface LimitsRecord {
  /** When each upload of the last minute began, oldest first. */
  openings: number[];
  /** Slot -> until when it is taken, exclusive. */
  slots: Record<string, number>;
  /** The day (since 1970, UTC) of `bytes`. */
  day: number;
  /** Reserved on that day, by uploads that came to their end too. */
  bytes: number;
  /** Partial uploads that count as one and that others may still join; their slot is the first one's id. */
  siblings: { slot: string; openedAt: number; count: number } | null;
}

/** What one upload has been given of its owner's limits; gone when that is settled. */
export interface ShareRecord {
  ownerId: string;
  /** The upload's own id, or that of the first of the uploads with which it counts as one. */
  slot: string;
  /** Bytes by the day (since 1970, UTC) to which they were charged, oldest first. */
  charged: { day: number; bytes: number }[];
  /** Whether a session stands behind it, or may; what a single request had is given back after a crash. */
  session: boolean;
  /** The process run that made it. */
  run: string;
  /** Of a first partial upload: the final one that is counted with it and its siblings. */
  joinedBy?: string;
}

export const chargedBytes = ({ charged }: ShareRecord): number =>
  charged.reduce((sum, { bytes }) => sum + bytes, 0);
