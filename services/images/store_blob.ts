/** A blob of bytes that were made here, announced until whoever asked for it has recorded or dropped it. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Core } from "../core.ts";
import type { StoredContent } from "../uploads/finish.ts";

/** On stable storage when it resolves. Nothing stays when it throws. To be followed by `settle`, or `remove` and `settle`. */
export async function storeBlob(
  { blobs }: Core,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<StoredContent> {
  const blobId = blobs.newId();
  const hash = createHash("sha256");
  let crc = 0;
  let size = 0;
  try {
    const writer = await blobs.openWriter(blobId, { announce: true });
    try {
      for await (const bytes of chunks) {
        hash.update(bytes);
        crc = crc32(bytes, crc);
        await writer.write(size, bytes);
        size += bytes.length;
      }
      await writer.sync();
    } finally {
      writer.close();
    }
  } catch (error) {
    await dropBlob({ blobs }, blobId);
    throw error;
  }
  return { blobId, size, sha256: hash.digest("hex"), crc32: crc };
}

/** One of which no record exists. */
export async function dropBlob({ blobs }: Pick<Core, "blobs">, blobId: string): Promise<void> {
  await blobs.remove(blobId);
  await blobs.settle(blobId);
}
