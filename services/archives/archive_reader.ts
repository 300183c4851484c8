/** Reads a ZIP at any byte, in constant memory: headers are made when they are asked for, files opened one at a time. */
import type { BlobReader } from "../blobs/blob_store.ts";
import { centralHeader, endOfDirectory, localHeader, type ZipLayout } from "./zip_layout.ts";

/** Opens the bytes of an entry; the archive's reader closes them. */
export type OpenEntry = (index: number) => Promise<BlobReader>;

/**
 * To be read forward by one reader at a time. The entry that stands at `first` (bytes from the start) is opened at
 * once, so that what is in its way is known before anything is sent. Throws what `openEntry` throws.
 */
export async function openArchive(
  layout: ZipLayout,
  { first, openEntry }: { first: number; openEntry: OpenEntry },
): Promise<BlobReader> {
  const { entries, headerAt, directoryAt } = layout;
  const count = entries.length;
  let open: { index: number; reader: BlobReader } | null = null;
  let closed = false;
  /** Headers of the directory are small and many: the last one is kept. */
  let made: { at: number; bytes: Uint8Array } | null = null;

  async function entryReader(index: number): Promise<BlobReader> {
    if (open?.index === index) return open.reader;
    open?.reader.close();
    open = null;
    const reader = await openEntry(index);
    if (closed) reader.close();
    open = { index, reader };
    return reader;
  }

  function copy(bytes: Uint8Array, { into, from }: { into: Uint8Array; from: number }): number {
    const part = bytes.subarray(from, from + into.length);
    into.set(part);
    return part.length;
  }

  function generated(at: number, make: () => Uint8Array): Uint8Array {
    if (made?.at !== at) made = { at, bytes: make() };
    return made.bytes;
  }

  if (first < headerAt[count]!) await entryReader(lastAtOrBefore(headerAt, first));
  /** Fills from one header or one file; 0 at the end. */
  async function readPiece(into: Uint8Array, position: number): Promise<number> {
    if (position >= layout.size) return 0;
    if (position >= directoryAt[count]!) {
      const at = directoryAt[count]!;
      return copy(generated(at, () => endOfDirectory(layout)), { into, from: position - at });
    }
    if (position >= headerAt[count]!) {
      const index = lastAtOrBefore(directoryAt, position);
      const at = directoryAt[index]!;
      return copy(generated(at, () => centralHeader(layout, index)), { into, from: position - at });
    }
    const index = lastAtOrBefore(headerAt, position);
    const start = headerAt[index]!;
    const dataAt = headerAt[index + 1]! - entries[index]!.size;
    if (position < dataAt) {
      return copy(generated(start, () => localHeader(layout, index)), { into, from: position - start });
    }
    const left = headerAt[index + 1]! - position;
    return await (await entryReader(index)).read(into.subarray(0, left), position - dataAt);
  }

  return {
    // As full as it gets: thousands of small files would make as many small pieces.
    async read(into, position) {
      let filled = 0;
      while (filled < into.length) {
        try {
          const piece = await readPiece(into.subarray(filled), position + filled);
          if (piece === 0) break;
          filled += piece;
        } catch (error) {
          // What stands before it goes out, so that who comes again asks for this place and is told.
          if (filled > 0) break;
          throw error;
        }
      }
      return filled;
    },
    close() {
      closed = true;
      open?.reader.close();
      open = null;
    },
  };
}

/** Index of the last of the rising `positions` that is not greater; of equal ones the last. The end marker counts not. */
function lastAtOrBefore(positions: Float64Array, position: number): number {
  let low = 0;
  let high = positions.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (positions[middle]! <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}
