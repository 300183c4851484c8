/** Merged, sorted, non-overlapping stretches of a file. Pure; offsets and sizes are bytes, ends exclusive. */
import type { Span } from "../model.ts";

/** A piece of a requested stretch: either recorded before, or new. */
export interface Piece {
  start: number;
  end: number;
  recorded: boolean;
}

/** The received stretches of one upload. */
export class SpanSet {
  /** Sorted; adjacent stretches are merged. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #bytes = 0;

  /** Bytes covered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** End of the stretch that begins at 0; 0 when the first byte is missing. */
  get front(): number {
    return this.#starts[0] === 0 ? this.#ends[0]! : 0;
  }

  /** End of the last stretch; 0 when there is none. */
  get end(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** Index of the first stretch that ends at or behind `position`. */
  #firstEndingAt(position: number): number {
    let low = 0, high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds [`start`, `end`), merging what it touches. An empty stretch changes nothing. */
  add(start: number, end: number): void {
    if (end <= start) return;
    const first = this.#firstEndingAt(start);
    let last = first, from = start, to = end;
    while (last < this.#starts.length && this.#starts[last]! <= end) {
      from = Math.min(from, this.#starts[last]!);
      to = Math.max(to, this.#ends[last]!);
      this.#bytes -= this.#ends[last]! - this.#starts[last]!;
      last++;
    }
    this.#starts.splice(first, last - first, from);
    this.#ends.splice(first, last - first, to);
    this.#bytes += to - from;
  }

  /** Takes [`start`, `end`) out. */
  remove(start: number, end: number): void {
    const kept = this.spans().flatMap(({ offset, size }) => [
      { from: offset, to: Math.min(offset + size, start) },
      { from: Math.max(offset, end), to: offset + size },
    ]);
    this.#starts.length = this.#ends.length = this.#bytes = 0;
    for (const { from, to } of kept) this.add(from, to);
  }

  /** Cuts [`start`, `end`) into recorded and new pieces, in order and without gaps. */
  split(start: number, end: number): Piece[] {
    const pieces: Piece[] = [];
    let at = start;
    for (let index = this.#firstEndingAt(start); at < end && index < this.#starts.length; index++) {
      const from = Math.max(this.#starts[index]!, at), to = Math.min(this.#ends[index]!, end);
      if (from >= end) break;
      if (to <= from) continue;
      if (from > at) pieces.push({ start: at, end: from, recorded: false });
      pieces.push({ start: from, end: to, recorded: true });
      at = to;
    }
    if (at < end) pieces.push({ start: at, end, recorded: false });
    return pieces;
  }

  /** Whether a recorded stretch covers the byte at `position`. */
  covers(position: number): boolean {
    const index = this.#firstEndingAt(position + 1);
    return index < this.#starts.length && this.#starts[index]! <= position;
  }

  /** What is recorded, sorted by offset. */
  spans(): Span[] {
    return this.#starts.map((offset, index) => ({ offset, size: this.#ends[index]! - offset }));
  }

  /** What of [0, `size`) is not recorded: at most `limit` stretches, the first ones. */
  missing(size: number, limit: number): Span[] {
    const gaps: Span[] = [];
    let at = 0;
    for (let index = 0; index <= this.#starts.length && gaps.length < limit; index++) {
      const start = Math.min(this.#starts[index] ?? size, size);
      if (start > at) gaps.push({ offset: at, size: start - at });
      at = Math.max(at, this.#ends[index] ?? size);
    }
    return gaps;
  }

  /** Indexes of the slots of `chunkSize` within [0, `size`) that are wholly recorded. */
  wholeSlots(size: number, chunkSize: number): number[] {
    const slots: number[] = [];
    this.#starts.forEach((start, index) => {
      const end = this.#ends[index]!;
      const last = end >= size ? Math.ceil(size / chunkSize) : Math.floor(end / chunkSize);
      for (let slot = Math.ceil(start / chunkSize); slot < last; slot++) slots.push(slot);
    });
    return slots;
  }
}
