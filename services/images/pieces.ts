/** A file made of stretches of another one and of new bytes: what is left of a picture without its metadata. */
import { type ByteWindow, WINDOW } from "./byte_window.ts";

export type Piece =
  /** Of the source: `offset` inclusive, bytes. */
  | { offset: number; length: number }
  | { bytes: Uint8Array<ArrayBuffer> };

/** Bytes of all pieces together. */
export function totalLength(pieces: Piece[]): number {
  return pieces.reduce((sum, piece) => sum + ("bytes" in piece ? piece.bytes.length : piece.length), 0);
}

/** Joins stretches that lie behind each other; what is empty goes. */
export function joined(pieces: Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if ("bytes" in piece) {
      if (piece.bytes.length > 0) result.push(piece);
    } else if (last && !("bytes" in last) && last.offset + last.length === piece.offset) {
      last.length += piece.length;
    } else if (piece.length > 0) result.push({ ...piece });
  }
  return result;
}

/** Whether the pieces are the source from its first byte to its last. */
export function isWholeSource(pieces: Piece[], size: number): boolean {
  const [only, ...others] = joined(pieces);
  return others.length === 0 && only !== undefined && !("bytes" in only) && only.offset === 0 &&
    only.length === size;
}

/** The bytes of the pieces in order; each is valid until the next is asked for. */
export async function* bytesOf(pieces: Piece[], source: ByteWindow): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if ("bytes" in piece) {
      yield piece.bytes;
      continue;
    }
    for (let done = 0; done < piece.length;) {
      const bytes = await source.at(piece.offset + done, Math.min(WINDOW, piece.length - done));
      if (bytes.length === 0) throw new Error(`The source ends at ${piece.offset + done}`);
      yield bytes;
      done += bytes.length;
    }
  }
}
