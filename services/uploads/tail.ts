/** Going on where the last append stopped, so that many small ones do not become many records. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Core } from "../core.ts";
import type { UploadRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import type { ChunkRecord } from "../records/uploads.ts";
import type { LiveUpload, Tail } from "./live.ts";

/**
 * The record that ends at the front, when it can be made longer: the one of the last append, while its hash is in
 * memory, or one that is smaller than a chunk may be and is read back. The caller holds the claim on the front.
 */
export async function readTail(
  core: Core,
  { record, upload }: { record: UploadRecord; upload: LiveUpload },
): Promise<Tail | null> {
  const { front } = upload.received;
  const { tail } = upload;
  if (tail && tail.offset + tail.size === front) return tail;
  if (front === 0) return null;
  const [entry] = await core.records.page<ChunkRecord>(keys.uploadChunks(record.id), {
    limit: 1,
    reverse: true,
    before: keys.uploadChunk(record.id, front),
  });
  if (!entry) return null;
  const { size, sha256, writer } = entry.value;
  const offset = entry.key.at(-1) as number;
  if (offset + size !== front || size >= core.config.chunks.min) return null;
  const bytes = await readBack(core, record.blobId, { offset, size });
  const hash = createHash("sha256").update(bytes);
  if (hash.copy().digest("hex") !== sha256) return null;
  return { offset, size, sha256: hash, crc32: crc32(bytes), writer };
}

async function readBack(
  { blobs }: Core,
  blobId: string,
  { offset, size }: { offset: number; size: number },
): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(size);
  const reader = await blobs.openReader(blobs.segments(blobId, offset + size));
  try {
    for (let at = 0; at < size;) {
      const count = await reader.read(bytes.subarray(at), offset + at);
      if (count === 0) throw new Error(`Recorded bytes end at ${offset + at}`);
      at += count;
    }
  } finally {
    reader.close();
  }
  return bytes;
}
