/** Pictures for tests, drawn and encoded here. */
import { Buffer } from "node:buffer";
import sharp, { type Sharp } from "sharp";
import { bytesInMemory } from "../../../services/images/byte_window.ts";
import { inspectImage } from "../../../services/images/inspect.ts";
import type { Inspection } from "../../../services/images/inspection.ts";
import { bytesOf, type Piece } from "../../../services/images/pieces.ts";

export type Encoding = "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif";

export interface PictureOptions {
  width?: number;
  height?: number;
  alpha?: boolean;
}

/** A smooth picture with four corners that can be told apart: red, green, blue and (or, with alpha, clear) yellow. */
export function drawing({ width = 96, height = 64, alpha = false }: PictureOptions = {}): Sharp {
  const channels = alpha ? 4 : 3;
  const pixels = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      const [left, top] = [x < width / 2, y < height / 2];
      const shade = 40 + Math.round(40 * Math.sin(x / 9) * Math.cos(y / 7));
      pixels[at] = top === left ? (top ? 220 : 200) : shade;
      pixels[at + 1] = !left ? 190 : shade;
      pixels[at + 2] = left && !top ? 230 : shade;
      if (top && left) pixels[at + 1] = shade;
      if (alpha) pixels[at + 3] = !left && !top ? 0 : 255;
    }
  }
  return sharp(Buffer.from(pixels.buffer), { raw: { width, height, channels } });
}

export async function encoded(
  format: Encoding,
  { orientation, icc, ...options }: PictureOptions & { orientation?: number; icc?: boolean } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  let image = drawing(options);
  if (icc) image = image.withIccProfile("p3");
  if (orientation) image = image.withMetadata({ orientation });
  return new Uint8Array(await image.toFormat(format).toBuffer());
}

/** Four bytes for a pixel, as stored: nothing is turned. */
export async function pixelsOf(picture: Uint8Array, page = 0): Promise<Uint8Array> {
  return new Uint8Array(await sharp(picture, { page }).ensureAlpha().raw().toBuffer());
}

export async function inspect(picture: Uint8Array): Promise<Inspection> {
  const inspection = await inspectImage(bytesInMemory(picture), { thorough: true });
  if (!inspection) throw new Error("Not taken for a picture");
  return inspection;
}

export async function assemble(pieces: Piece[], source: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const bytes of bytesOf(pieces, bytesInMemory(source))) parts.push(bytes.slice());
  return new Uint8Array(Buffer.concat(parts));
}

/** The picture without its metadata. */
export async function cleaned(picture: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { clean } = await inspect(picture);
  if (clean === "impossible") throw new Error("No lossless way");
  return clean === null ? new Uint8Array(picture) : await assemble(clean, picture);
}

/** A BMP of 24 bits a pixel, the usual way round. */
export async function bmpOf(image: Sharp): Promise<Uint8Array<ArrayBuffer>> {
  const { data, info: { width, height } } = await image.removeAlpha().raw().toBuffer({
    resolveWithObject: true,
  });
  const row = Math.ceil(width * 3 / 4) * 4;
  const bytes = new Uint8Array(54 + row * height);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("BM"));
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [(y * width + x) * 3, 54 + (height - 1 - y) * row + x * 3];
      bytes.set([data[from + 2]!, data[from + 1]!, data[from]!], to);
    }
  }
  return bytes;
}
