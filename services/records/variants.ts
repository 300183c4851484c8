/** What was made of pictures. A variant holds the one reference to its blob, and goes with the content it was made of. */
import type { BlobRecord } from "../model.ts";
import { discard } from "./blobs.ts";
import { keys } from "./keys.ts";

type Commit = Deno.AtomicOperation;

export interface MadeVariant {
  blobId: string;
  /** Bytes. */
  size: number;
  /** Of its bytes, lower-case hex. */
  sha256: string;
  contentType: string;
  /** Pixels. */
  width: number;
  height: number;
  /** Ms since 1970. */
  madeAt: number;
}

/** That this engine cannot make it, so that it is not tried for each who asks. */
export interface FailedVariant {
  failure: string;
  engine: string;
}

export type VariantRecord = MadeVariant | FailedVariant;

export interface VariantKey {
  /** Of the picture that it is made of. */
  sha256: string;
  recipe: string;
}

export function putVariant(
  commit: Commit,
  { sha256, recipe }: VariantKey,
  { variant, blob }: { variant: MadeVariant; blob: BlobRecord },
): void {
  commit.check({ key: keys.blob(blob.id), versionstamp: null })
    .set(keys.blob(blob.id), blob)
    .set(keys.variant(sha256, recipe), variant);
}

/** The caller checks the variant's entry; its bytes are removed by whoever removes blobs that are `deleting`. */
export function dropVariant(
  commit: Commit,
  key: Deno.KvKey,
  { blob, now }: { blob: Deno.KvEntryMaybe<BlobRecord> | null; now: number },
): void {
  commit.delete(key);
  if (blob?.value) {
    commit.check(blob);
    discard(commit, blob.value, { state: "deleting", sweepAt: now });
  }
}
