/** Bytes against what is recorded of them, and what is recorded when they are missing or other ones. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Core } from "../core.ts";
import type { BlobRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { putDamaged, putHealed } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";

/** Read at once. */
export const PIECE = 256 * 1024;

export type Comparison = "right" | "missing" | "different";

/** A blob whose digest is known. */
export type Digested = Pick<BlobRecord, "segments" | "size" | "sha256" | "crc32">;

/** Reads all of it. `onBytes` is called before the first piece, and with what was read after each. */
export async function compareBytes(
  { blobs }: Pick<Core, "blobs">,
  { segments, size, sha256, crc32: sum }: Digested,
  { buffer, onBytes }: { buffer: Uint8Array; onBytes: (bytes: number) => Promise<void> | void },
): Promise<Comparison> {
  let reader;
  try {
    reader = await blobs.openReader(segments);
  } catch (error) {
    if (error instanceof Problem && error.code === "blob-missing") return "missing";
    throw error;
  }
  try {
    const hash = createHash("sha256");
    let found = 0;
    await onBytes(0);
    for (let position = 0; position < size;) {
      const wanted = buffer.subarray(0, Math.min(buffer.length, size - position));
      const count = await reader.read(wanted, position);
      if (count === 0) return "missing";
      const bytes = wanted.subarray(0, count);
      hash.update(bytes);
      if (sum !== null) found = crc32(bytes, found);
      position += count;
      await onBytes(count);
    }
    return hash.digest("hex") === sha256 && (sum === null || found === sum) ? "right" : "different";
  } finally {
    reader.close();
  }
}

/**
 * Adds to `commit` that the blob is damaged; its content may be stored anew from then on. False: it is so already, or on
 * its way out, so that its bytes may be missing.
 */
export async function addDamage(
  { records }: Core,
  commit: Deno.AtomicOperation,
  id: string,
): Promise<boolean> {
  const blob = await records.get<BlobRecord>(keys.blob(id));
  if (blob.value?.state !== "live") return false;
  commit.check(blob);
  putDamaged(commit, blob.value);
  if (blob.value.sha256 === null) return true;
  const index = await records.get<string>(keys.blobBySha256(blob.value.sha256));
  if (index.value === id) commit.check(index).delete(index.key);
  return true;
}

/**
 * Adds to `commit` that a damaged blob is right again. What it holds may be stored a second time by now, so that it
 * does not come back into the index by content. False: it is not damaged.
 */
export async function addHealing(
  { records }: Core,
  commit: Deno.AtomicOperation,
  id: string,
): Promise<boolean> {
  const blob = await records.get<BlobRecord>(keys.blob(id));
  if (blob.value?.state !== "damaged") return false;
  commit.check(blob);
  putHealed(commit, blob.value);
  return true;
}
