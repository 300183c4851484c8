/** Stretches of a file: what is there and what is still to be moved. Pure. */
import type { Span } from "./api_types.ts";

/** A half-open stretch, in bytes, with how often it was tried in vain. */
export interface Piece {
  start: number;
  /** Exclusive. */
  end: number;
  tries: number;
}

/** What lies within [0, `size`) and in none of `spans`, in order; `spans` may come in any order and overlap. */
export function gapsOf(spans: readonly Span[], size: number): Piece[] {
  const gaps: Piece[] = [];
  let at = 0;
  const sorted = [...spans].sort((a, b) => a.offset - b.offset);
  for (const { offset, size: length } of [...sorted, { offset: size, size: 0 }]) {
    const end = Math.min(offset, size);
    if (end > at) gaps.push({ start: at, end, tries: 0 });
    at = Math.max(at, offset + length);
  }
  return gaps;
}

/** What nobody works on yet. */
export interface Pending {
  /** Bytes in it. */
  readonly bytes: number;
  /**
   * Takes a piece of about `wanted` bytes from the lowest gap: never less than `min` unless the gap is smaller, never a
   * rest smaller than `min`, never more than `max`. null when nothing is left.
   */
  take(wanted: number, bounds: { min: number; max: number }): Piece | null;
  giveBack(piece: Piece): void;
}

/** Pieces given back stay pieces of their own, so that their tries count for no other bytes. */
export function newPending(gaps: readonly Piece[]): Pending {
  const pieces: Piece[] = [];
  let bytes = 0;

  function put(piece: Piece) {
    if (piece.end <= piece.start) return;
    bytes += piece.end - piece.start;
    const place = pieces.findIndex(({ start }) => start > piece.start);
    pieces.splice(place === -1 ? pieces.length : place, 0, { ...piece });
  }
  gaps.forEach(put);

  return {
    get bytes() {
      return bytes;
    },
    take(wanted, { min, max }) {
      const gap = pieces[0];
      if (gap === undefined) return null;
      const length = gap.end - gap.start;
      let size = Math.min(length, Math.max(min, Math.min(wanted, max)));
      // A small rest would be refused: the bytes behind its end need not be recorded yet.
      if (size < length && length - size < min) {
        size = length <= max ? length : Math.max(min, Math.floor(length / 2));
      }
      const piece = { ...gap, end: gap.start + size };
      if (size === length) pieces.shift();
      else gap.start += size;
      bytes -= size;
      return piece;
    },
    giveBack: put,
  };
}
