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
  /**
   * What follows at `position`, as much as is at hand: at least one byte, none only at the end of the file. However
   * small the steps are in which a file is walked by it, each byte is read once. Valid as `at`'s.
   */
  following(position: number): Promise<Uint8Array>;
}

/**
 * How many parts a picture may have: programs write parts of 4 KiB or more, besides some small ones. Walking through
 * so many takes less than a tenth of a second.
 */
export const mostParts = (size: number): number => 50_000 + size / 4096;

/** Bytes; more than the longest segment of a JPEG. */
export const WINDOW = 128 * 1024;
/** Read at once where only a few bytes are asked for. */
const STEP = 16 * 1024;

export function byteWindow(source: ReadsAt, size: number): ByteWindow {
  const buffer = new Uint8Array(WINDOW);
  let start = 0;
  let filled = 0;

  async function fill(position: number, length: number): Promise<void> {
    const wanted = Math.min(length, WINDOW, size - position);
    start = position;
    filled = 0;
    while (filled < wanted) {
      const count = await source.read(buffer.subarray(filled, wanted), position + filled);
      if (count === 0) break;
      filled += count;
    }
  }

  return {
    size,
    async at(position, length) {
      const end = Math.min(size, position + length);
      if (position >= size || end <= position) return new Uint8Array();
      if (position < start || end > start + filled) await fill(position, Math.max(end - position, STEP));
      return buffer.subarray(position - start, Math.min(filled, end - start));
    },
    async following(position) {
      if (position >= size) return new Uint8Array();
      if (position < start || position >= start + filled) await fill(position, WINDOW);
      return buffer.subarray(position - start, filled);
    },
  };
}

/** A file that is in memory. */
export function bytesInMemory(bytes: Uint8Array): ByteWindow {
  return {
    size: bytes.length,
    at: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
    following: (position) => Promise.resolve(bytes.subarray(position)),
  };
}
