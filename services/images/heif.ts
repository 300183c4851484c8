/**
 * Looking into AVIF and HEIC (ISO/IEC 23008-12 in ISO/IEC 14496-12): size, turns, and where EXIF and XMP lie. These
 * are overwritten in place: every position in the file stays what it was.
 */
import { type ByteWindow, WINDOW } from "./byte_window.ts";
import { sameBytes } from "./exif.ts";
import { cutOff, type Inspection, unreadable } from "./inspection.ts";
import { readItems } from "./heif_items.ts";
import { isWholeSource, joined, type Piece } from "./pieces.ts";

const MAX_BOXES = 10_000;
/** Descriptions of pictures take a few KiB. */
const MAX_META = 64 * 1024;

/** At the top of a still picture; anything else there is not needed to show it. */
const STILL = new Set(["ftyp", "meta", "mdat"]);

export interface Box {
  type: string;
  /** Of the whole box. */
  offset: number;
  length: number;
  /** Where its content begins. */
  content: number;
}

export async function inspectHeif(file: ByteWindow, format: "avif" | "heic"): Promise<Inspection> {
  const boxes: Box[] = [];
  for (let offset = 0; offset < file.size;) {
    if (boxes.length === MAX_BOXES) throw unreadable("is damaged: it has too many parts");
    const box = readBox(await file.at(offset, 16), { offset, end: file.size });
    boxes.push(box);
    offset += box.length;
  }
  const meta = boxes.find(({ type }) => type === "meta");
  if (!meta) throw unreadable("does not say how large it is");
  if (meta.length > MAX_META) throw unreadable("is damaged: its description is too long");
  const items = readItems((await file.at(meta.offset, meta.length)).slice(), meta.offset);
  const { width, height } = items.size;
  const sequence = boxes.some(({ type }) => type === "moov");
  return {
    format,
    width,
    height,
    pixels: items.pixels,
    frames: sequence ? 2 : 1, // How many is the business of decoders, which are asked for the first only.
    orientation: items.orientation,
    cmyk: false,
    clean: sequence ? "impossible" : await cleaned(file, { boxes, extents: items.metadata }),
  };
}

/** `bytes` are the first 16 of the box or what there is. */
export function readBox(bytes: Uint8Array, { offset, end }: { offset: number; end: number }): Box {
  if (bytes.length < 8) throw cutOff();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let length = view.getUint32(0);
  let head = 8;
  if (length === 1) {
    if (bytes.length < 16) throw cutOff();
    length = Number(view.getBigUint64(8));
    head = 16;
  } else if (length === 0) length = end - offset; // To the end.
  if (length < head) throw unreadable("is damaged: a part has no length");
  if (offset + length > end) throw cutOff();
  return { type: String.fromCharCode(...bytes.subarray(4, 8)), offset, length, content: offset + head };
}

/** Bytes at a place of the file that hold metadata, with what is written there instead. */
export interface Extent {
  offset: number;
  length: number;
  /** Text is blanked, anything else zeroed. */
  fill: number;
}

const MAX_FILL = 1024 * 1024;

async function cleaned(
  file: ByteWindow,
  { boxes, extents }: { boxes: Box[]; extents: Extent[] | "impossible" },
): Promise<Inspection["clean"]> {
  if (extents === "impossible") return "impossible";
  const blanks = [...extents];
  for (const { type, offset, length } of boxes) {
    if (STILL.has(type) || (type === "free" && length === 8)) continue;
    if (length > MAX_FILL) return "impossible";
    blanks.push({ offset, length, fill: -1 });
  }
  blanks.sort((a, b) => a.offset - b.offset);
  const pieces: Piece[] = [];
  let position = 0;
  for (const { offset, length, fill } of blanks) {
    if (offset < position || offset + length > file.size || length > MAX_FILL) return "impossible";
    const bytes = fill === -1 ? freeBox(length) : new Uint8Array(length).fill(fill);
    if (await holds(file, offset, bytes)) continue;
    pieces.push({ offset: position, length: offset - position }, { bytes });
    position = offset + length;
  }
  pieces.push({ offset: position, length: file.size - position });
  return isWholeSource(pieces, file.size) ? null : joined(pieces);
}

async function holds(file: ByteWindow, offset: number, bytes: Uint8Array): Promise<boolean> {
  for (let at = 0; at < bytes.length;) {
    const stored = await file.at(offset + at, Math.min(WINDOW, bytes.length - at));
    if (stored.length === 0 || !sameBytes(stored, bytes.subarray(at, at + stored.length))) return false;
    at += stored.length;
  }
  return true;
}

function freeBox(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes.set(new TextEncoder().encode("free"), 4);
  return bytes;
}
