/** Looking into JPEG (ITU-T T.81, JFIF 1.02): its frame, which way up it is, and which of its segments make the picture. */
import type { ByteWindow } from "./byte_window.ts";
import { orientationOnly, readOrientation, sameBytes } from "./exif.ts";
import { cutOff, type Inspection, type InspectOptions, unreadable } from "./inspection.ts";
import { isWholeSource, joined, type Piece } from "./pieces.ts";

/** More segments have no camera and no program. */
const MAX_SEGMENTS = 10_000;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP14 = 0xee;
/** DHT, DAC, DQT, DNL, DRI, DHP and EXP: what decoding needs beside frames and scans. */
const NEEDED = new Set([0xc4, 0xcc, 0xdb, 0xdc, 0xdd, 0xde, 0xdf]);

export async function inspectJpeg(file: ByteWindow, { thorough }: InspectOptions): Promise<Inspection> {
  const kept: Piece[] = [{ offset: 0, length: 2 }];
  let frame: { width: number; height: number; components: number } | null = null;
  let orientation = 1;
  /** Where among the pieces the orientation belongs: behind SOI, or behind JFIF's own segment there. */
  let orientationAt = 1;
  let keptOrientation = false;
  let seenExif = false;
  let position = 2;

  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    const [ff, marker, high, low] = await file.at(position, 4);
    if (ff === undefined || marker === undefined) throw cutOff();
    if (ff !== 0xff || marker === 0xff || isStandalone(marker)) {
      position++; // Filling, or what decoders pass over.
      continue;
    }
    if (marker === EOI) {
      if (!frame) throw unreadable("has no pixels");
      kept.push({ offset: position, length: 2 });
      return done(frame);
    }
    const length = (high! << 8 | low!) + 2;
    if (low === undefined || position + length > file.size) throw cutOff();
    if (length < 4) throw unreadable("is damaged: a segment has no length");
    const whole = { offset: position, length };
    const payload = await file.at(position + 4, length - 4);

    if (isFrame(marker)) {
      if (frame || payload.length < 6) throw unreadable("is damaged: it says twice how large it is");
      frame = {
        height: payload[1]! << 8 | payload[2]!,
        width: payload[3]! << 8 | payload[4]!,
        components: payload[5]!,
      };
      if (frame.width === 0 || frame.height === 0) throw unreadable("does not say how large it is");
      if (!thorough) return done(frame);
      kept.push(whole);
    } else if (marker === SOS) {
      if (!frame) throw unreadable("is damaged: its data come before its size");
      const end = await endOfScan(file, position + length);
      kept.push({ offset: position, length: end - position });
      position = end;
      continue;
    } else if (marker === APP0) {
      const jfif = jfifWithoutThumbnail(payload, whole);
      if (jfif) {
        if (kept.length === 1) orientationAt = 2;
        kept.push(jfif);
      }
    } else if (marker === APP1 && startsWith(payload, "Exif\0\0")) {
      const tiff = payload.subarray(6);
      if (!seenExif) orientation = readOrientation(tiff);
      if (!seenExif && orientation > 1 && sameBytes(tiff, orientationOnly(orientation))) {
        keptOrientation = true;
        kept.push(whole);
      }
      seenExif = true;
    } else if (marker === APP2 && startsWith(payload, "ICC_PROFILE\0")) {
      kept.push(whole);
    } else if (marker === APP14 && startsWith(payload, "Adobe") && payload.length >= 12) {
      // Says which colours these are; 12 bytes, nothing hides behind them.
      kept.push(
        payload.length === 12
          ? whole
          : { bytes: Uint8Array.of(0xff, APP14, 0, 14, ...payload.subarray(0, 12)) },
      );
    } else if (NEEDED.has(marker)) {
      kept.push(whole);
    }
    position += length;
  }
  throw unreadable("is damaged: it has too many segments");

  function done({ width, height, components }: NonNullable<typeof frame>): Inspection {
    if (orientation > 1 && !keptOrientation) {
      const tiff = orientationOnly(orientation);
      const size = 2 + 6 + tiff.length;
      kept.splice(orientationAt, 0, {
        bytes: Uint8Array.of(0xff, APP1, size >> 8, size & 0xff, ...ascii("Exif\0\0"), ...tiff),
      });
    }
    return {
      format: "jpeg",
      width,
      height,
      pixels: width * height,
      frames: 1,
      orientation,
      cmyk: components === 4,
      clean: isWholeSource(kept, file.size) ? null : joined(kept),
    };
  }
}

/** The position of the marker behind the entropy-coded data that begin at `start`. */
async function endOfScan(file: ByteWindow, start: number): Promise<number> {
  for (let position = start;;) {
    const bytes = await file.following(position);
    const at = markerIn(bytes);
    if (at !== null) return position + at;
    if (position + bytes.length >= file.size) throw cutOff();
    position += bytes.length;
    if (bytes.at(-1) !== 0xff) continue;
    const [next] = await file.at(position, 1);
    if (endsScan(next!)) return position - 1;
  }
}

/** Where the first marker is of which both bytes are here; null for none. */
function markerIn(bytes: Uint8Array): number | null {
  for (let at = bytes.indexOf(0xff); at !== -1 && at + 1 < bytes.length;) {
    if (endsScan(bytes[at + 1]!)) return at;
    at += bytes[at + 1] === 0xff ? 1 : 2;
    if (bytes[at] !== 0xff) at = bytes.indexOf(0xff, at);
  }
  return null;
}

/** Behind 0xff: a stuffed byte, a restart marker and filling belong to the data. */
const endsScan = (next: number) => next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7);

/** JFIF 1.02, page 5: a thumbnail may follow; null for an extension, which is nothing but one. */
function jfifWithoutThumbnail(payload: Uint8Array, whole: { offset: number; length: number }): Piece | null {
  if (!startsWith(payload, "JFIF\0") || payload.length < 14) return null;
  if (payload.length === 14 && payload[12] === 0 && payload[13] === 0) return whole;
  return { bytes: Uint8Array.of(0xff, APP0, 0, 16, ...payload.subarray(0, 12), 0, 0) };
}

const isStandalone = (marker: number) =>
  marker === 0 || marker === 1 || marker === SOI || (marker >= 0xd0 && marker <= 0xd7);
/** SOF0 to SOF15 without DHT, JPG and DAC, which lie among them. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function startsWith(bytes: Uint8Array, text: string): boolean {
  return sameBytes(bytes.subarray(0, text.length), ascii(text));
}
