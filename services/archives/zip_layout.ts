/**
 * The bytes of a ZIP before any of its files is read (APPNOTE 6.3.10): stored entries, sizes and CRC-32 in front of
 * each, ZIP64 where a number does not fit. From the same entries always the same bytes. Pure.
 */
import { Buffer } from "node:buffer";

export interface ZipEntry {
  /** Unique and safe, see `zip_names.ts`; in UTF-8 at most 65,535 bytes. */
  name: string;
  /** Bytes. */
  size: number;
  /** Unsigned 32-bit. */
  crc32: number;
  /** Ms since 1970. */
  modifiedAt: number;
}

/** Positions are bytes from the archive's start; ends are exclusive. */
export interface ZipLayout {
  entries: readonly ZipEntry[];
  /** Of each entry's header; one more: of the directory. */
  headerAt: Float64Array;
  /** Of each entry's place in the directory; one more: of what ends it. */
  directoryAt: Float64Array;
  size: number;
}

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const ZIP64_END_BYTES = 56 + 20;
const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;
/** The name is UTF-8 (general purpose bit 11). */
const UTF8_FLAG = 0x0800;
const VERSION = 20;
const VERSION_ZIP64 = 45;
const MADE_ON_UNIX = 3 << 8;
/** A regular file, rw-r--r--, in the upper half of the external attributes. */
const FILE_MODE = 0o100644;

export function zipLayout(entries: readonly ZipEntry[]): ZipLayout {
  const headerAt = new Float64Array(entries.length + 1);
  const directoryAt = new Float64Array(entries.length + 1);
  const nameBytes = entries.map(({ name }) => Buffer.byteLength(name));
  let at = 0;
  entries.forEach((entry, index) => {
    headerAt[index] = at;
    at += LOCAL_BYTES + nameBytes[index]! + localExtraBytes(entry) + entry.size;
  });
  headerAt[entries.length] = at;
  entries.forEach((entry, index) => {
    directoryAt[index] = at;
    at += CENTRAL_BYTES + nameBytes[index]! + centralExtraBytes(entry, headerAt[index]!);
  });
  directoryAt[entries.length] = at;
  const layout = { entries, headerAt, directoryAt, size: 0 };
  layout.size = at + END_BYTES + (needsZip64End(layout) ? ZIP64_END_BYTES : 0);
  return layout;
}

const isLarge = (value: number) => value >= MAX_32;
/** Both sizes, in a local header (4.5.3: both must be there). */
const localExtraBytes = ({ size }: ZipEntry) => isLarge(size) ? 20 : 0;

function centralExtraBytes({ size }: ZipEntry, headerAt: number): number {
  const values = (isLarge(size) ? 2 : 0) + (isLarge(headerAt) ? 1 : 0);
  return values === 0 ? 0 : 4 + values * 8;
}

function needsZip64End({ entries, headerAt, directoryAt }: Omit<ZipLayout, "size">): boolean {
  const count = entries.length;
  const start = headerAt[count]!;
  return count >= MAX_16 || isLarge(start) || isLarge(directoryAt[count]! - start);
}

/** The local header of an entry; its bytes follow. */
export function localHeader({ entries }: ZipLayout, index: number): Uint8Array {
  const entry = entries[index]!;
  const name = Buffer.from(entry.name);
  const large = isLarge(entry.size);
  const header = Buffer.alloc(LOCAL_BYTES);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(large ? VERSION_ZIP64 : VERSION, 4);
  header.writeUInt16LE(UTF8_FLAG, 6);
  header.writeUInt32LE(dosTime(entry.modifiedAt), 10);
  header.writeUInt32LE(entry.crc32, 14);
  header.writeUInt32LE(large ? MAX_32 : entry.size, 18);
  header.writeUInt32LE(large ? MAX_32 : entry.size, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(localExtraBytes(entry), 28);
  return Buffer.concat([header, name, large ? zip64Extra([entry.size, entry.size]) : Buffer.alloc(0)]);
}

/** An entry's place in the directory. */
export function centralHeader({ entries, headerAt }: ZipLayout, index: number): Uint8Array {
  const entry = entries[index]!;
  const offset = headerAt[index]!;
  const name = Buffer.from(entry.name);
  const largeSize = isLarge(entry.size);
  const largeOffset = isLarge(offset);
  const version = largeSize || largeOffset ? VERSION_ZIP64 : VERSION;
  const header = Buffer.alloc(CENTRAL_BYTES);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_ON_UNIX | version, 4);
  header.writeUInt16LE(version, 6);
  header.writeUInt16LE(UTF8_FLAG, 8);
  header.writeUInt32LE(dosTime(entry.modifiedAt), 12);
  header.writeUInt32LE(entry.crc32, 16);
  header.writeUInt32LE(largeSize ? MAX_32 : entry.size, 20);
  header.writeUInt32LE(largeSize ? MAX_32 : entry.size, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(centralExtraBytes(entry, offset), 30);
  header.writeUInt32LE(FILE_MODE * 0x10000, 38);
  header.writeUInt32LE(largeOffset ? MAX_32 : offset, 42);
  const large = [...(largeSize ? [entry.size, entry.size] : []), ...(largeOffset ? [offset] : [])];
  return Buffer.concat([header, name, large.length > 0 ? zip64Extra(large) : Buffer.alloc(0)]);
}

/** What follows the directory. */
export function endOfDirectory(layout: ZipLayout): Uint8Array {
  const { entries, headerAt, directoryAt } = layout;
  const count = entries.length;
  const start = headerAt[count]!;
  const end = directoryAt[count]!;
  const record = Buffer.alloc(END_BYTES);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(Math.min(count, MAX_16), 8);
  record.writeUInt16LE(Math.min(count, MAX_16), 10);
  record.writeUInt32LE(Math.min(end - start, MAX_32), 12);
  record.writeUInt32LE(Math.min(start, MAX_32), 16);
  if (!needsZip64End(layout)) return record;

  const large = Buffer.alloc(ZIP64_END_BYTES);
  large.writeUInt32LE(0x06064b50, 0);
  large.writeBigUInt64LE(44n, 4);
  large.writeUInt16LE(MADE_ON_UNIX | VERSION_ZIP64, 12);
  large.writeUInt16LE(VERSION_ZIP64, 14);
  large.writeBigUInt64LE(BigInt(count), 24);
  large.writeBigUInt64LE(BigInt(count), 32);
  large.writeBigUInt64LE(BigInt(end - start), 40);
  large.writeBigUInt64LE(BigInt(start), 48);
  large.writeUInt32LE(0x07064b50, 56);
  large.writeBigUInt64LE(BigInt(end), 64);
  large.writeUInt32LE(1, 72);
  return Buffer.concat([large, record]);
}

function zip64Extra(values: number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  values.forEach((value, index) => extra.writeBigUInt64LE(BigInt(value), 4 + index * 8));
  return extra;
}

/** Date and time of MS-DOS (4.4.6), in UTC, to two seconds; 1980 at the earliest. */
function dosTime(ms: number): number {
  const date = new Date(Math.max(ms, Date.UTC(1980, 0, 1)));
  const time = date.getUTCHours() << 11 | date.getUTCMinutes() << 5 | date.getUTCSeconds() >> 1;
  const day = (date.getUTCFullYear() - 1980) << 9 | (date.getUTCMonth() + 1) << 5 | date.getUTCDate();
  return (day << 16 | time) >>> 0;
}
