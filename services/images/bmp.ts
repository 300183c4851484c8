/** Looking into BMP (Windows bitmap, versions OS/2 1 to V5). It has no place for metadata but the end of the file. */
import type { ByteWindow } from "./byte_window.ts";
import { cutOff, type Inspection, unreadable } from "./inspection.ts";
import { joined } from "./pieces.ts";

export interface BmpHeader {
  width: number;
  height: number;
  /** The first row is the top one. */
  topDown: boolean;
  bitsPerPixel: number;
  /** 0 none, 1 and 2 run lengths, 3 and 6 bit masks. */
  compression: number;
  headerBytes: number;
  /** Entries of the palette. */
  colors: number;
  /** Where the pixels begin. */
  pixelsAt: number;
  /** Bytes of the pixels; for run lengths what the header says, 0 when it says nothing. */
  pixelBytes: number;
  /** Where what the header refers to ends, when there is a colour profile. */
  profileEnd: number;
}

const NAMED_DEPTHS = [1, 4, 8, 16, 24, 32];

/** `bytes` are the first 138 of the file, or all. Throws `image-unreadable`. */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  if (bytes.length < 26) throw cutOff();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixelsAt = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  const old = headerBytes === 12;
  if (!old && (headerBytes < 40 || headerBytes > 124 || bytes.length < 54)) {
    throw unreadable("is damaged: its header is not valid");
  }
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  const bitsPerPixel = view.getUint16(old ? 24 : 28, true);
  const compression = old ? 0 : view.getUint32(30, true);
  const valid = width > 0 && height > 0 && NAMED_DEPTHS.includes(bitsPerPixel) &&
    [0, 1, 2, 3, 6].includes(compression) && (compression !== 1 || bitsPerPixel === 8) &&
    (compression !== 2 || bitsPerPixel === 4) &&
    (compression !== 3 && compression !== 6 || bitsPerPixel === 16 || bitsPerPixel === 32);
  if (!valid) throw unreadable("is damaged, or of a kind of BMP that is not known");
  const named = old ? 0 : view.getUint32(46, true);
  const most = bitsPerPixel <= 8 ? 2 ** bitsPerPixel : 0;
  const runs = compression === 1 || compression === 2;
  const profile = headerBytes === 124 && bytes.length >= 138 &&
    (view.getUint32(70, true) === 0x4d424544 || view.getUint32(70, true) === 0x4c494e4b);
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bitsPerPixel,
    compression,
    headerBytes,
    colors: named === 0 ? most : Math.min(named, most),
    pixelsAt,
    pixelBytes: runs ? view.getUint32(34, true) : rowBytes({ width, bitsPerPixel }) * height,
    profileEnd: profile ? 14 + view.getUint32(126, true) + view.getUint32(130, true) : 0,
  };
}

/** Rows are filled up to four bytes. */
export function rowBytes({ width, bitsPerPixel }: Pick<BmpHeader, "width" | "bitsPerPixel">): number {
  return Math.ceil(width * bitsPerPixel / 32) * 4;
}

export async function inspectBmp(file: ByteWindow): Promise<Inspection> {
  const header = readBmpHeader(await file.at(0, 138));
  const { width, height, pixelsAt, pixelBytes, profileEnd } = header;
  const end = Math.max(pixelsAt + pixelBytes, profileEnd);
  if (pixelsAt + pixelBytes > file.size) throw cutOff();
  // Without the length of run lengths nobody knows where they end.
  const trailing = pixelBytes > 0 && end < file.size;
  return {
    format: "bmp",
    width,
    height,
    pixels: width * height,
    frames: 1,
    orientation: 1,
    cmyk: false,
    clean: trailing ? joined([{ offset: 0, length: end }]) : null,
  };
}
