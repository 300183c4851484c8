/** Pictures made to hurt: bombs, liars and torn files. */
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { chunk } from "../../../services/images/png.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10);

function header({ width, height }: { width: number; height: number }): Uint8Array {
  const data = new Uint8Array(13);
  const view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  data[8] = 1; // one bit of grey
  return chunk("IHDR", data);
}

/** A valid PNG of 400 million pixels in 50 kB. */
export function pngBomb(side = 20_000): Uint8Array<ArrayBuffer> {
  const rows = deflateSync(new Uint8Array((Math.ceil(side / 8) + 1) * side));
  return new Uint8Array(Buffer.concat([
    SIGNATURE,
    header({ width: side, height: side }),
    chunk("IDAT", rows),
    chunk("IEND", new Uint8Array()),
  ]));
}

/** Says that it is large, and holds next to nothing. */
export function lyingPng(): Uint8Array<ArrayBuffer> {
  const rows = deflateSync(new Uint8Array(100));
  return new Uint8Array(Buffer.concat([
    SIGNATURE,
    header({ width: 9000, height: 9000 }),
    chunk("IDAT", rows),
    chunk("IEND", new Uint8Array()),
  ]));
}

/** `count` frames of `side` times `side`, each drawn anew. */
export function gifOf(
  { frames, screen = 1, side = 1 }: { frames: number; screen?: number; side?: number },
): Uint8Array<ArrayBuffer> {
  const two = (value: number) => [value & 0xff, value >> 8];
  const head = [...Buffer.from("GIF89a"), ...two(screen), ...two(screen), 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
  const frame = [
    0x21,
    0xf9,
    4,
    0,
    1,
    0,
    0,
    0,
    0x2c,
    0,
    0,
    0,
    0,
    ...two(side),
    ...two(side),
    0,
    2,
    2,
    0x44,
    1,
    0,
  ];
  const bytes = new Uint8Array(head.length + frame.length * frames + 1);
  bytes.set(head);
  for (let index = 0; index < frames; index++) bytes.set(frame, head.length + index * frame.length);
  bytes[bytes.length - 1] = 0x3b;
  return bytes;
}

/** Files of many parts without content, each of which looks harmless. */
export const CRUMBLED: { readonly [name: string]: () => Uint8Array<ArrayBuffer> } = {
  "a PNG of empty texts": () =>
    repeated(Buffer.concat([SIGNATURE, header({ width: 10, height: 10 })]), chunk("tEXt", new Uint8Array())),
  "a GIF of empty comments": () =>
    repeated(gifOf({ frames: 1 }).subarray(0, 19), Uint8Array.of(0x21, 0xfe, 0)),
  "a GIF of nothing": () => repeated(gifOf({ frames: 1 }).subarray(0, 19), Uint8Array.of(0)),
  "a WebP of unknown parts": () => repeated(riff("WEBP", SIZE - 8), new Uint8Array(8).fill(0x58, 0, 4)),
  "a WebP of empty parts in frames": () =>
    repeated(
      riff("WEBP", SIZE - 8),
      Buffer.concat([anmf(8 * 500), ...Array(500).fill(new Uint8Array(8).fill(0x58, 0, 4))]),
    ),
  "a JPEG of short scans": () =>
    repeated(
      Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 10, 0, 10, 1, 1, 0x11, 0),
      Uint8Array.of(0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0),
    ),
};

/** Bytes of each. */
const SIZE = 2 * 2 ** 20;

function repeated(head: Uint8Array, part: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE);
  bytes.set(head);
  for (let at = head.length; at + part.length <= SIZE; at += part.length) bytes.set(part, at);
  return bytes;
}

function riff(form: string, length: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.write("RIFF");
  bytes.writeUInt32LE(length, 4);
  bytes.write(form, 8);
  return bytes;
}

/** A frame of one pixel that holds parts of `length` bytes together. */
function anmf(length: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.write("ANMF");
  bytes.writeUInt32LE(16 + length, 4);
  return bytes;
}
