/** What a file is when it is a picture: by its bytes, whatever it is called. */
import { inspectBmp } from "./bmp.ts";
import type { ByteWindow } from "./byte_window.ts";
import { inspectGif } from "./gif.ts";
import { inspectHeif } from "./heif.ts";
import { type ImageFormat, type Inspection, type InspectOptions, unreadable } from "./inspection.ts";
import { inspectJpeg } from "./jpeg.ts";
import { inspectPng } from "./png.ts";
import { inspectTiff } from "./tiff.ts";
import { inspectWebp } from "./webp.ts";

/** Bytes that `imageFormat` looks at. */
export const SIGNATURE_BYTES = 64;

const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]);

/** The format that the first bytes announce; null for anything but a picture. */
export function imageFormat(bytes: Uint8Array): ImageFormat | null {
  const text = String.fromCharCode(...bytes.subarray(0, SIGNATURE_BYTES));
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "gif";
  if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) return "webp";
  if (/^(II[*+]\0|MM\0[*+])/.test(text)) return "tiff";
  // Reserved bytes, the palette's size within bounds: "BM" alone begins many texts.
  if (text.startsWith("BM") && text.startsWith("\0\0\0\0", 6) && bytes[15] === 0 && bytes[16] === 0) {
    return "bmp";
  }
  if (text.startsWith("ftyp", 4)) {
    const brands: string[] = text.slice(8, bytes[3]! || 0).match(/.{4}/gs) ?? [];
    if (brands.includes("avif") || brands.includes("avis")) return "avif";
    if (HEIC_BRANDS.has(brands[0] ?? "")) return "heic";
  }
  return null;
}

/** null when it is no picture. Throws `image-unreadable` when it is a damaged one. */
export async function inspectImage(file: ByteWindow, options: InspectOptions): Promise<Inspection | null> {
  const format = imageFormat(await file.at(0, SIGNATURE_BYTES));
  if (format === null) return null;
  try {
    return await inspectAs(format, file, options);
  } catch (error) {
    if (error instanceof RangeError) throw unreadable("is damaged: a number in it points nowhere");
    throw error;
  }
}

function inspectAs(format: ImageFormat, file: ByteWindow, options: InspectOptions): Promise<Inspection> {
  switch (format) {
    case "jpeg":
      return inspectJpeg(file, options);
    case "png":
      return inspectPng(file);
    case "webp":
      return inspectWebp(file);
    case "gif":
      return inspectGif(file, options);
    case "bmp":
      return inspectBmp(file);
    case "tiff":
      return inspectTiff(file, options);
    case "avif":
    case "heic":
      return inspectHeif(file, format);
  }
}
