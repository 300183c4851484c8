/** Looking into TIFF 6.0 and BigTIFF: size, pages, and whether they say more than the picture needs. */
import type { ByteWindow } from "./byte_window.ts";
import { cutOff, type Inspection, type InspectOptions, unreadable } from "./inspection.ts";

const MAX_PAGES = 100_000;
const MAX_ENTRIES = 4096;

const WIDTH = 256;
const HEIGHT = 257;
const COLORS = 262;
const STRIP_OFFSETS = 273;
const ORIENTATION = 274;
const STRIP_LENGTHS = 279;
const SEPARATED = 5;

/**
 * What a page says beside its pixels: description, maker, model, software, date, artist, host, XMP, IPTC,
 * Photoshop's resources, copyright, EXIF and GPS directories.
 */
const METADATA = new Set([270, 271, 272, 305, 306, 315, 316, 700, 33432, 33723, 34377, 34665, 34853, 37724]);

/** Bytes of a value by its type; 0 for an unknown one. */
const VALUE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

interface Entry {
  tag: number;
  type: number;
  count: number;
  /** The value, or where it is when it takes more room than there is. */
  value: number;
  /** Where the entry has it. */
  at: number;
}

export async function inspectTiff(
  file: ByteWindow,
  { thorough, maxFrames = Infinity }: InspectOptions,
): Promise<Inspection> {
  const head = await file.at(0, 16);
  if (head.length < 8) throw cutOff();
  const little = head[0] === 0x49;
  const view = viewOf(head);
  const big = view.getUint16(2, little) === 43;
  if (big && head.length < 16) throw cutOff();
  const layout = { little, big, room: big ? 8 : 4 };
  let next = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  let first: Map<number, Entry> | null = null;
  let metadata = false;
  let frames = 0;
  const seen = new Set<number>();

  while (next !== 0) {
    if (seen.has(next)) throw unreadable("is damaged: its pages go round in a circle");
    if (++frames > MAX_PAGES) throw unreadable("is damaged: it has too many pages");
    seen.add(next);
    const page = await readDirectory(file, next, layout);
    first ??= page.entries;
    metadata ||= [...page.entries.keys()].some((tag) => METADATA.has(tag));
    next = page.next;
    if (!thorough || frames > maxFrames) break;
  }
  const width = first?.get(WIDTH)?.value ?? 0;
  const height = first?.get(HEIGHT)?.value ?? 0;
  if (!first || width === 0 || height === 0) throw unreadable("does not say how large it is");
  await requireStrips(file, first, layout);
  const orientation = first.get(ORIENTATION)?.value ?? 1;
  return {
    format: "tiff",
    width,
    height,
    pixels: width * height,
    frames,
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    cmyk: first.get(COLORS)?.value === SEPARATED,
    clean: metadata ? "impossible" : null,
  };
}

interface Layout {
  little: boolean;
  big: boolean;
  /** Bytes that an entry has for its value. */
  room: number;
}

async function readDirectory(file: ByteWindow, offset: number, { little, big, room }: Layout) {
  const [countBytes, entryBytes] = big ? [8, 20] : [2, 12];
  const head = await file.at(offset, countBytes);
  if (head.length < countBytes) throw cutOff();
  const count = big ? Number(viewOf(head).getBigUint64(0, little)) : viewOf(head).getUint16(0, little);
  if (count > MAX_ENTRIES) throw unreadable("is damaged: a page has too many entries");
  const length = count * entryBytes + room;
  const bytes = await file.at(offset + countBytes, length);
  if (bytes.length < length) throw cutOff();
  const view = viewOf(bytes);
  const entries = new Map<number, Entry>();
  for (let index = 0; index < count; index++) {
    const at = index * entryBytes;
    const type = view.getUint16(at + 2, little);
    const values = big ? Number(view.getBigUint64(at + 4, little)) : view.getUint32(at + 4, little);
    const valueAt = at + (big ? 12 : 8);
    const tag = view.getUint16(at, little);
    const total = values * (VALUE_BYTES[type] ?? 0);
    const fits = total <= room;
    const value = fits && (type === 3 || type === 8)
      ? view.getUint16(valueAt, little)
      : fits && type === 1
      ? view.getUint8(valueAt)
      : big
      ? Number(view.getBigUint64(valueAt, little))
      : view.getUint32(valueAt, little);
    if (!fits && value + total > file.size) throw cutOff();
    entries.set(tag, { tag, type, count: values, value, at: offset + countBytes + valueAt });
  }
  const end = count * entryBytes;
  return { entries, next: big ? Number(view.getBigUint64(end, little)) : view.getUint32(end, little) };
}

/** The strips of the first page lie within the file: the last of them, where a cut shows. */
async function requireStrips(file: ByteWindow, entries: Map<number, Entry>, layout: Layout): Promise<void> {
  const offsets = entries.get(STRIP_OFFSETS);
  const lengths = entries.get(STRIP_LENGTHS);
  if (!offsets || !lengths || offsets.count !== lengths.count || offsets.count === 0) return;
  const [offset, length] = [await lastValue(file, offsets, layout), await lastValue(file, lengths, layout)];
  if (offset + length > file.size) throw cutOff();
}

async function lastValue(file: ByteWindow, entry: Entry, { little, room }: Layout): Promise<number> {
  const each = VALUE_BYTES[entry.type] ?? 0;
  const total = entry.count * each;
  const start = total <= room ? entry.at : entry.value;
  const bytes = await file.at(start + total - each, each);
  if (each === 0 || bytes.length < each) throw cutOff();
  const view = viewOf(bytes);
  if (each === 2) return view.getUint16(0, little);
  return each === 4
    ? view.getUint32(0, little)
    : each === 8
    ? Number(view.getBigUint64(0, little))
    : bytes[0]!;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
