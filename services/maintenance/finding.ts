/** What a check of records against bytes finds, and how it is put right. */

/** A stable contract: names are never changed, only added. */
export const FINDING_KINDS = {
  "missing-bytes": "stored bytes that are missing or too few",
  "different-bytes": "stored bytes that are other ones than recorded",
  "damaged-bytes": "stored bytes that were found damaged before",
  "healed-bytes": "bytes marked as damaged that are right again",
  "file-without-bytes": "files whose bytes are lost",
  "missing-blob": "records that refer to a blob without a record",
  "lost-chunk": "acknowledged bytes of open uploads that are lost",
  "stray-bytes": "stored bytes without a record",
  "stray-mark": "marks of uploads that nobody knows",
  "abandoned-bytes": "bytes of an upload that is no longer open",
  "wrong-count": "wrong counts",
  "wrong-state": "records that contradict themselves or each other",
  "missing-entry": "records that an index lacks",
  "stale-entry": "entries of an index that lead to nothing, or to something else",
  "stray-variant": "variants without their source or their bytes",
  "leftover": "records that their subject has left behind",
} as const;
export type FindingKind = keyof typeof FINDING_KINDS;

export interface Repair {
  /**
   * Looks again, and adds to `commit` what puts it right, with checks on all that it has read; the reads are one
   * snapshot, or compared by their versions. False: nothing is wrong by now.
   */
  attempt(commit: Deno.AtomicOperation): Promise<boolean>;
  /** Within this process it goes one after the other with whatever else has this key. */
  turn?: string;
  /** After the commit. */
  after?(): Promise<void>;
  /** The finding stays all the same: what was lost is marked as such. */
  staysBroken?: boolean;
  /** There is nothing that could be done but by a person: `attempt` just looks again. */
  looksOnly?: boolean;
}

export interface Finding {
  kind: FindingKind;
  /** What it is about: an id, or a key as text. */
  subject: string;
  /** A sentence for the administrator. */
  text: string;
  repair: Repair;
}

/** A key as people read it. */
export function keyText(key: Deno.KvKey): string {
  return key.map((part) => typeof part === "bigint" ? String(part) : JSON.stringify(part)).join(", ");
}
