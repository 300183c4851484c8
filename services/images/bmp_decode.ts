/** BMP to pixels: neither engine reads it. Palettes, run lengths, bit masks, both directions. */
import { type BmpHeader, readBmpHeader, rowBytes } from "./bmp.ts";
import { unreadable } from "./inspection.ts";
import { newRaster, type Raster } from "./raster.ts";

/** Throws `image-unreadable`. The caller has checked how large the picture is. */
export function decodeBmp(bytes: Uint8Array): Raster {
  const header = readBmpHeader(bytes);
  const { bitsPerPixel, compression } = header;
  if (bitsPerPixel > 8) return decodeColors(bytes, header);
  const palette = readPalette(bytes, header);
  const raster = newRaster(header);
  const draw = (x: number, y: number, index: number) => {
    if (x >= header.width || y >= header.height) return;
    const row = header.topDown ? y : header.height - 1 - y;
    raster.data.set(palette.subarray(index * 4, index * 4 + 4), (row * header.width + x) * 4);
  };
  if (compression === 0) readIndexes(bytes, header, draw);
  else {
    // What the runs pass over is of the first colour.
    for (let y = 0; y < header.height; y++) for (let x = 0; x < header.width; x++) draw(x, y, 0);
    readRuns(bytes, header, draw);
  }
  return raster;
}

/** Red, green, blue and alpha for each index that the bits of a pixel can say. */
function readPalette(bytes: Uint8Array, { headerBytes, colors, bitsPerPixel }: BmpHeader): Uint8Array {
  const palette = new Uint8Array(4 * 2 ** bitsPerPixel);
  const each = headerBytes === 12 ? 3 : 4;
  for (let index = 0; index < 2 ** bitsPerPixel; index++) {
    const at = 14 + headerBytes + index * each;
    if (index < colors) palette.set([bytes[at + 2] ?? 0, bytes[at + 1] ?? 0, bytes[at] ?? 0], index * 4);
    palette[index * 4 + 3] = 255;
  }
  return palette;
}

type Draw = (x: number, y: number, index: number) => void;

function readIndexes(bytes: Uint8Array, header: BmpHeader, draw: Draw): void {
  const { width, height, bitsPerPixel, pixelsAt } = header;
  const row = rowBytes(header);
  if (pixelsAt + row * height > bytes.length) throw unreadable("is cut off: its end is missing");
  const mask = 2 ** bitsPerPixel - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * bitsPerPixel;
      const byte = bytes[pixelsAt + y * row + (bit >> 3)]!;
      draw(x, y, byte >> (8 - bitsPerPixel - (bit & 7)) & mask);
    }
  }
}

/** Each pair is a count and what is repeated, or zero and an escape: end of row, end, move, literal pixels. */
function readRuns(bytes: Uint8Array, { height, bitsPerPixel, pixelsAt }: BmpHeader, draw: Draw): void {
  const four = bitsPerPixel === 4;
  let [x, y, at] = [0, 0, pixelsAt];
  while (at + 1 < bytes.length && y < height) {
    const [count, value] = [bytes[at]!, bytes[at + 1]!];
    at += 2;
    if (count > 0) {
      for (let index = 0; index < count; index++) {
        draw(x++, y, four ? (index % 2 ? value & 15 : value >> 4) : value);
      }
    } else if (value === 0) [x, y] = [0, y + 1];
    else if (value === 1) return;
    else if (value === 2) {
      [x, y] = [x + (bytes[at] ?? 0), y + (bytes[at + 1] ?? 0)];
      at += 2;
    } else {
      for (let index = 0; index < value; index++) {
        const byte = bytes[at + (four ? index >> 1 : index)] ?? 0;
        draw(x++, y, four ? (index % 2 ? byte & 15 : byte >> 4) : byte);
      }
      const length = four ? value + 1 >> 1 : value;
      at += length + length % 2;
    }
  }
}

interface Channel {
  shift: number;
  /** Of its bits. */
  most: number;
}

function decodeColors(bytes: Uint8Array, header: BmpHeader): Raster {
  const { width, height, bitsPerPixel, pixelsAt, topDown } = header;
  const row = rowBytes(header);
  if (pixelsAt + row * height > bytes.length) throw unreadable("is cut off: its end is missing");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channels = masksOf(view, header).map(channelOf);
  const raster = newRaster(header);
  let opaque = false;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = pixelsAt + y * row + x * bitsPerPixel / 8;
      const value = bitsPerPixel === 16
        ? view.getUint16(at, true)
        : bitsPerPixel === 32
        ? view.getUint32(at, true)
        : view.getUint16(at, true) | bytes[at + 2]! << 16;
      const to = ((topDown ? y : height - 1 - y) * width + x) * 4;
      channels.forEach(({ shift, most }, index) => {
        raster.data[to + index] = most === 0 ? 255 : Math.round((value >>> shift & most) * 255 / most);
      });
      opaque ||= raster.data[to + 3] !== 0;
    }
  }
  // Programs leave the alpha channel empty and mean opaque.
  if (!opaque) { for (let at = 3; at < raster.data.length; at += 4) raster.data[at] = 255; }
  return raster;
}

/** Which bits of a pixel are red, green, blue and alpha. */
function masksOf(view: DataView, { bitsPerPixel, compression, headerBytes }: BmpHeader): number[] {
  if (compression === 3 || compression === 6) {
    const masks = [54, 58, 62].map((at) => at + 4 <= view.byteLength ? view.getUint32(at, true) : 0);
    const alpha = headerBytes >= 56 || compression === 6;
    return [...masks, alpha && view.byteLength >= 70 ? view.getUint32(66, true) : 0];
  }
  if (bitsPerPixel === 16) return [0x7c00, 0x03e0, 0x001f, 0];
  return [0xff0000, 0x00ff00, 0x0000ff, bitsPerPixel === 32 ? 0xff000000 : 0];
}

function channelOf(mask: number): Channel {
  if (mask === 0) return { shift: 0, most: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  return { shift, most: mask >>> shift };
}
