/** The parts of a stored file by which its format is known; never all of it. */
import type { BlobReader } from "../blobs/blob_store.ts";

/** Bytes; both are read at most. */
export const HEAD_BYTES = 64 * 1024;
export const TAIL_BYTES = 128 * 1024;

export interface Sample {
  /** Bytes of the whole file. */
  size: number;
  head: Uint8Array;
  /** The file's last bytes; those of `head` too when the file is small. */
  tail: Uint8Array;
  /** Any other stretch, as far as there are bytes. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export async function takeSample(reader: BlobReader, size: number): Promise<Sample> {
  const read = async (offset: number, length: number) => {
    const into = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
    let filled = 0;
    while (filled < into.length) {
      const count = await reader.read(into.subarray(filled), offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return into.subarray(0, filled);
  };
  const head = await read(0, HEAD_BYTES);
  // From an even place on, as letters of UTF-16 need.
  const tailAt = Math.max(0, size - TAIL_BYTES);
  const tail = size <= HEAD_BYTES ? head : await read(tailAt + tailAt % 2, TAIL_BYTES);
  return { size, head, tail, read };
}
