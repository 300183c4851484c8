/** Looking into WebP (RFC 9649): its size, its frames, and which of its chunks make the picture. */
import { type ByteWindow, mostParts } from "./byte_window.ts";
import { orientationOnly, readOrientation, sameBytes } from "./exif.ts";
import { cutOff, type Inspection, unreadable } from "./inspection.ts";
import { isWholeSource, joined, type Piece, totalLength } from "./pieces.ts";

/** So much of EXIF is read, which has the orientation near its beginning. */
const MAX_EXIF = 64 * 1024;

const PICTURE = new Set(["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"]);
const IN_FRAME = new Set(["VP8 ", "VP8L", "ALPH"]);

/** Flags of VP8X. */
const HAS_EXIF = 0x08;
const HAS_XMP = 0x04;

interface Size {
  width: number;
  height: number;
}

/** Of the whole file, frames included. */
interface Budget {
  parts: number;
}

interface Chunk {
  type: string;
  offset: number;
  /** Of the payload. */
  length: number;
  /** With head and padding. */
  total: number;
}

export async function inspectWebp(file: ByteWindow): Promise<Inspection> {
  const end = 8 + littleEndian(await file.at(4, 4), 4);
  if (end > file.size) throw cutOff();
  const kept: Piece[] = [];
  let canvas: Size | null = null;
  let bitstream: Size | null = null;
  let flags: { at: number; bytes: Uint8Array<ArrayBuffer> } | null = null;
  let orientation = 1;
  let keepsExif = false;
  let frames = 0;
  let pixels = 0;

  const budget = { parts: mostParts(file.size) };
  for await (const chunk of chunksOf(file, { from: 12, to: end, budget })) {
    const whole = { offset: chunk.offset, length: chunk.total };
    if (chunk.type === "VP8X") {
      const head = (await file.at(chunk.offset, 18)).slice();
      if (chunk.length < 10) throw unreadable("is damaged: its header is not valid");
      canvas = {
        width: 1 + littleEndian(head.subarray(12), 3),
        height: 1 + littleEndian(head.subarray(15), 3),
      };
      flags = { at: kept.length, bytes: head };
      kept.push(whole);
    } else if (chunk.type === "EXIF") {
      let tiff = await file.at(chunk.offset + 8, Math.min(chunk.length, MAX_EXIF));
      if (tiff[0] === 0x45) tiff = tiff.subarray(6); // "Exif\0\0", as some programs write it.
      orientation = readOrientation(tiff);
      keepsExif = orientation > 1;
      const same = keepsExif && chunk.length === tiff.length && sameBytes(tiff, orientationOnly(orientation));
      if (same) kept.push(whole);
      else if (keepsExif) kept.push({ bytes: riffChunk("EXIF", orientationOnly(orientation)) });
    } else if (chunk.type === "ANMF") {
      frames++;
      const frame = await frameOf(file, chunk, budget);
      pixels = Math.max(pixels, frame.pixels);
      kept.push(...frame.pieces);
    } else if (PICTURE.has(chunk.type)) {
      const size = await bitstreamSize(file, chunk);
      if (size) {
        frames = 1;
        pixels = Math.max(pixels, size.width * size.height);
      }
      bitstream ??= size;
      kept.push(whole);
    }
  }
  const size = canvas ?? bitstream;
  if (!size || frames === 0) throw unreadable("has no pixels");
  if (flags && flags.bytes[8]! & (HAS_EXIF | HAS_XMP)) {
    const wanted = flags.bytes[8]! & ~(HAS_EXIF | HAS_XMP) | (keepsExif ? HAS_EXIF : 0);
    if (wanted !== flags.bytes[8]) {
      flags.bytes[8] = wanted;
      const { offset, length } = kept[flags.at] as { offset: number; length: number };
      kept.splice(flags.at, 1, { bytes: flags.bytes }, { offset: offset + 18, length: length - 18 });
    }
  }
  return {
    format: "webp",
    ...size,
    pixels: Math.max(pixels, size.width * size.height),
    frames,
    orientation,
    cmyk: false,
    clean: cleaned(kept, file.size),
  };
}

function cleaned(kept: Piece[], size: number): Piece[] | null {
  if (isWholeSource([{ offset: 0, length: 12 }, ...kept], size)) return null;
  const head = riffHead(4 + totalLength(kept));
  return joined([{ bytes: head }, ...kept]);
}

async function* chunksOf(
  file: ByteWindow,
  { from, to, budget }: { from: number; to: number; budget: Budget },
): AsyncGenerator<Chunk> {
  let offset = from;
  while (offset + 8 <= to) {
    if (budget.parts-- <= 0) throw unreadable("is damaged: it has too many parts");
    const head = await file.at(offset, 8);
    const length = littleEndian(head.subarray(4), 4);
    const type = String.fromCharCode(...head.subarray(0, 4));
    if (offset + 8 + length > to) throw cutOff();
    // The padding of the very last chunk is missing in some files.
    const total = Math.min(8 + length + length % 2, to - offset);
    yield { type, offset, length, total };
    offset += total;
  }
}

/** RFC 9649, 2.7.1.1: 16 bytes about the frame, then chunks. What is no picture among these goes. */
async function frameOf(
  file: ByteWindow,
  chunk: Chunk,
  budget: Budget,
): Promise<{ pieces: Piece[]; pixels: number }> {
  if (chunk.length < 16) throw unreadable("is damaged: a frame is not valid");
  const head = (await file.at(chunk.offset, 24)).slice();
  const inner: Piece[] = [];
  let pixels = (1 + littleEndian(head.subarray(14), 3)) * (1 + littleEndian(head.subarray(17), 3));
  for await (
    const part of chunksOf(file, { from: chunk.offset + 24, to: chunk.offset + 8 + chunk.length, budget })
  ) {
    if (!IN_FRAME.has(part.type)) continue;
    const size = await bitstreamSize(file, part);
    if (size) pixels = Math.max(pixels, size.width * size.height);
    inner.push({ offset: part.offset, length: part.total });
  }
  const length = 16 + totalLength(inner);
  if (length === chunk.length) return { pieces: [{ offset: chunk.offset, length: chunk.total }], pixels };
  new DataView(head.buffer).setUint32(4, length, true);
  return { pieces: [{ bytes: head }, ...inner, { bytes: new Uint8Array(length % 2) }], pixels };
}

/** What the pixels themselves say; null for chunks without. */
async function bitstreamSize(file: ByteWindow, { type, offset, length }: Chunk): Promise<Size | null> {
  if (type === "VP8L") {
    const bytes = await file.at(offset + 8, 5);
    if (length < 5 || bytes[0] !== 0x2f) throw unreadable("is damaged: its header is not valid");
    const bits = littleEndian(bytes.subarray(1), 4);
    return { width: 1 + (bits & 0x3fff), height: 1 + (bits >>> 14 & 0x3fff) };
  }
  if (type !== "VP8 ") return null;
  const bytes = await file.at(offset + 8, 10);
  // RFC 6386, 9.1: a key frame begins with this.
  if (length < 10 || bytes[3] !== 0x9d || bytes[4] !== 0x01 || bytes[5] !== 0x2a) {
    throw unreadable("is damaged: its header is not valid");
  }
  const [width, height] = [littleEndian(bytes.subarray(6), 2), littleEndian(bytes.subarray(8), 2)];
  const size = { width: width & 0x3fff, height: height & 0x3fff };
  if (size.width === 0 || size.height === 0) throw unreadable("does not say how large it is");
  return size;
}

function littleEndian(bytes: Uint8Array, count: number): number {
  let value = 0;
  for (let index = count - 1; index >= 0; index--) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

function riffHead(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode("RIFF____WEBP");
  new DataView(bytes.buffer).setUint32(4, size, true);
  return bytes;
}

function riffChunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + data.length + data.length % 2);
  bytes.set(new TextEncoder().encode(type));
  new DataView(bytes.buffer).setUint32(4, data.length, true);
  bytes.set(data, 8);
  return bytes;
}
