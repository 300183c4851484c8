/** Records of what is stored and by whom, as counted now and then. */

/** Numbers of files, and bytes. */
export interface OwnerFigures {
  /** Live ones. */
  files: number;
  fileBytes: number;
  /** In the recycle bin of their owner. */
  deletedFiles: number;
  deletedBytes: number;
  /** Hidden from their owner. */
  binnedFiles: number;
  binnedBytes: number;
}

export interface StorageFigures extends OwnerFigures {
  /** Contents of files, each once. */
  blobs: number;
  storedBytes: number;
  /** What equal content would take if it were stored again. */
  savedBytes: number;
  /** Made of pictures; not among `blobs`. */
  variants: number;
  variantBytes: number;
  /** Of nothing that is used; they go soon. */
  condemnedBytes: number;
  damagedBlobs: number;
  /** Open sessions. */
  uploads: number;
  /** Recorded of these. */
  uploadBytes: number;
}

/** The order in which rows are counted. */
export const COUNT_STAGES = [
  "old owners",
  "attachments",
  "uploads",
  "chunks",
  "owners",
  "blobs",
  "variants",
  "publish",
  "done",
] as const;
export type CountStage = (typeof COUNT_STAGES)[number];

/** A count, which goes on where its last commit left it. */
export interface CountRecord {
  /** Rises from count to count. */
  count: number;
  /** That of the report that holds until this one is published; null: there is none. */
  published: number | null;
  stage: CountStage;
  /** Behind which row of its stage it goes on: the end of that one's key; null: at the first one. */
  after: Deno.KvKeyPart[] | null;
  figures: StorageFigures;
  /** Ms since 1970. */
  startedAt: number;
}

export interface ReportRecord {
  count: number;
  figures: StorageFigures;
  /** Ms since 1970. */
  startedAt: number;
  endedAt: number;
}

/** An owner's figures by the number of the count; at most those of two, the published one and the one under way. */
export type UsageRecord = Record<number, OwnerFigures>;

/** As counted last on that day. */
export interface DayRecord {
  files: number;
  fileBytes: number;
  storedBytes: number;
}
