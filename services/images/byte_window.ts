/** Reads a file here and there through one buffer, so that looking into a picture of any size costs the same memory. */

/** What bytes are read from; a `BlobReader` is one. */
export interface ReadsAt {
  /** Fills `into` from `position` as far as there are bytes; returns how many, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
}

export interface ByteWindow {
  /** Bytes of the file. */
  readonly size: number;
  /**
   * `length` bytes (at most `WINDOW`) from `position`; fewer only at the end of the file. Valid until the next
   * call, and not to be changed.
   */
  at(position: number, length: number): Promise<Uint8Array>;
}

/** Bytes; more than the longest segment of a JPEG. */
export const WINDOW = 128 * 1024;
/** Read at once where only a few bytes are asked for. */
const STEP = 16 * 1024;

export function byteWindow(source: ReadsAt, size: number): ByteWindow {
  const buffer = new Uint8Array(WINDOW);
  let start = 0;
  let filled = 0;

  return {
    size,
    async at(position, length) {
      const end = Math.min(size, position + length);
      if (position >= size || end <= position) return new Uint8Array();
      if (position < start || end > start + filled) {
        const wanted = Math.min(Math.max(end - position, STEP), WINDOW, size - position);
        start = position;
        filled = 0;
        while (filled < wanted) {
          const count = await source.read(buffer.subarray(filled, wanted), position + filled);
          if (count === 0) break;
          filled += count;
        }
      }
      return buffer.subarray(position - start, Math.min(filled, end - start));
    },
  };
}

/** A file that is in memory. */
export function bytesInMemory(bytes: Uint8Array): ByteWindow {
  return {
    size: bytes.length,
    at: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
  };
}
