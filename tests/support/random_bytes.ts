/**
 * Content of any size that can be made and checked again at any position, in constant memory: byte N of a seed is
 * always the same. It looks random, so that neither compression, nor dedupe, nor a shifted write goes unseen.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

export interface RandomContent {
  /** Other seeds give other content; an integer. */
  seed: number;
  /** Position of the first byte, from the start of the content; default 0. */
  offset?: number;
}

const BLOCK_BYTES = 64 * 1024;
const PIECE_BYTES = 256 * 1024;

/** The finalizer of MurmurHash3: every bit of the input changes about half of the output's. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

function fillBlock(words: Uint32Array, { seed, block }: { seed: number; block: number }): void {
  const key = mix(mix(seed) + Math.imul(block, 0x9e3779b1) + Math.floor(block / 2 ** 32));
  for (let i = 0; i < words.length; i++) words[i] = mix(key + Math.imul(i + 1, 0x85157af5));
}

/** Fills `into` with the content from `offset` on. */
export function fillRandom(into: Uint8Array, { seed, offset = 0 }: RandomContent): void {
  const words = new Uint32Array(BLOCK_BYTES / 4);
  const bytes = new Uint8Array(words.buffer);
  for (let done = 0; done < into.length;) {
    const position = offset + done;
    const start = position % BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES - start, into.length - done);
    fillBlock(words, { seed, block: Math.floor(position / BLOCK_BYTES) });
    into.set(bytes.subarray(start, start + length), done);
    done += length;
  }
}

export function randomBytes(size: number, content: RandomContent): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  fillRandom(bytes, content);
  return bytes;
}

/** `size` bytes as a stream of pieces of 256 KiB, made as they are asked for. */
export function randomStream(
  size: number,
  { seed, offset = 0 }: RandomContent,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent === size) return controller.close();
      const piece = randomBytes(Math.min(PIECE_BYTES, size - sent), { seed, offset: offset + sent });
      sent += piece.length;
      controller.enqueue(piece);
    },
  }, { highWaterMark: 0 });
}

/**
 * Reads `stream` to its end and returns its length in bytes.
 * Throws at the first byte that is not the content's, naming its position.
 */
export async function verifyRandom(
  stream: AsyncIterable<Uint8Array>,
  { seed, offset = 0 }: RandomContent,
): Promise<number> {
  let length = 0;
  for await (const piece of stream) {
    const expected = randomBytes(piece.length, { seed, offset: offset + length });
    if (Buffer.compare(piece, expected) !== 0) {
      const wrong = piece.findIndex((byte, i) => byte !== expected[i]);
      const at = offset + length + wrong;
      throw new Error(`byte ${at} is ${piece[wrong]}, not ${expected[wrong]} (seed ${seed})`);
    }
    length += piece.length;
  }
  return length;
}

/** SHA-256 of the content's `size` bytes from `offset` on, lower-case hex. */
export function randomSha256(size: number, { seed, offset = 0 }: RandomContent): string {
  const hash = createHash("sha256");
  const piece = new Uint8Array(Math.min(PIECE_BYTES, size));
  for (let done = 0; done < size; done += piece.length) {
    const part = piece.subarray(0, size - done);
    fillRandom(part, { seed, offset: offset + done });
    hash.update(part);
  }
  return hash.digest("hex");
}
