/** Looking into PNG (third edition, with APNG): its header, and which of its chunks make the picture. */
import { crc32 } from "node:zlib";
import { type ByteWindow, mostParts } from "./byte_window.ts";
import { orientationOnly, readOrientation, sameBytes } from "./exif.ts";
import { cutOff, type Inspection, unreadable } from "./inspection.ts";
import { isWholeSource, joined, type Piece } from "./pieces.ts";

/** So much of EXIF is read, which has the orientation near its beginning; it goes all the same. */
const MAX_EXIF = 64 * 1024;
/** What deflate can make of one byte at most. */
const MAX_INFLATION = 1032;

/** Pixels, and what says how they look. Text, times, EXIF and everything unknown is left out. */
// deno-fmt-ignore
const KEPT = new Set([
  "IHDR", "PLTE", "IDAT", "IEND", "tRNS",
  "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "mDCv", "cLLI", "cLLi", "bKGD", "hIST", "pHYs", "sPLT",
  "acTL", "fcTL", "fdAT",
]);

const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Record<number, number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

interface Header {
  width: number;
  height: number;
  /** Of the pixels before compression. */
  bytes: number;
}

export async function inspectPng(file: ByteWindow): Promise<Inspection> {
  const kept: Piece[] = [{ offset: 0, length: 8 }];
  const header = readHeader(await file.at(8, 25));
  let orientation = 1;
  let keptOrientation = false;
  let announced = 0;
  let counted = 0;
  let dataBytes = 0;
  let position = 8;

  for (let chunks = mostParts(file.size); chunks > 0; chunks--) {
    const head = await file.at(position, 8);
    if (head.length < 8) throw cutOff();
    const { length, type } = chunkHead(head);
    const whole = { offset: position, length: 12 + length };
    if (position + whole.length > file.size) throw cutOff();
    if (type === "IDAT") dataBytes += length;
    if (type === "acTL" && length === 8) {
      announced = new DataView((await file.at(position + 8, 4)).slice().buffer).getUint32(0);
    }
    if (type === "fcTL") counted++;
    if (type === "eXIf") {
      const tiff = await file.at(position + 8, Math.min(length, MAX_EXIF));
      if (orientation === 1) orientation = readOrientation(tiff);
      if (orientation > 1 && !keptOrientation && sameBytes(tiff, orientationOnly(orientation))) {
        keptOrientation = true;
        kept.push(whole);
      }
    } else if (KEPT.has(type)) kept.push(whole);
    position += whole.length;
    if (type !== "IEND") continue;
    if (dataBytes * MAX_INFLATION < header.bytes) {
      throw unreadable("is damaged: it has too few bytes for its size");
    }
    return done();
  }
  throw unreadable("is damaged: it has too many parts");

  function done(): Inspection {
    // Behind the header: EXIF may stand anywhere but between the data.
    if (orientation > 1 && !keptOrientation) {
      kept.splice(2, 0, { bytes: chunk("eXIf", orientationOnly(orientation)) });
    }
    const { width, height } = header;
    return {
      format: "png",
      width,
      height,
      pixels: width * height,
      frames: Math.max(1, announced, counted),
      orientation,
      cmyk: false,
      clean: isWholeSource(kept, file.size) ? null : joined(kept),
    };
  }
}

function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < 25) throw cutOff();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length, type } = chunkHead(bytes);
  if (length !== 13 || type !== "IHDR" || view.getUint32(21) !== crc32(bytes.subarray(4, 21))) {
    throw unreadable("is damaged: its header is not valid");
  }
  const [width, height, depth, color, interlaced] = [
    view.getUint32(8),
    view.getUint32(12),
    bytes[16]!,
    bytes[17]!,
    bytes[20]!,
  ];
  const valid = width > 0 && height > 0 && width < 2 ** 31 && height < 2 ** 31 && bytes[18] === 0 &&
    bytes[19] === 0 && interlaced <= 1 && DEPTHS[color]?.includes(depth);
  if (!valid) throw unreadable("is damaged: its header is not valid");
  return { width, height, bytes: Math.ceil(width * CHANNELS[color]! * depth / 8) * height };
}

function chunkHead(bytes: Uint8Array): { length: number; type: string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { length: view.getUint32(0), type: String.fromCharCode(...bytes.subarray(4, 8)) };
}

/** A chunk with its length and checksum. */
export function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let index = 0; index < 4; index++) bytes[4 + index] = type.charCodeAt(index);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
