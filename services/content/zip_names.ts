/** Names of a ZIP's entries, from its central directory (APPNOTE 4.3.12, 4.3.16): a text document and a table differ by them. */
import { Buffer } from "node:buffer";
import type { Sample } from "./sample.ts";

const LOCAL_HEADER = [0x50, 0x4b, 0x03, 0x04];
const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
/** Bytes of the directory that are looked at, which is thousands of entries. */
const MAX_DIRECTORY = 1024 * 1024;

/** Whether it begins as an archive does that holds something, with nothing before. */
export const isZip = (head: Uint8Array): boolean => LOCAL_HEADER.every((byte, at) => head[at] === byte);

/** At most those of the first mebibyte; empty when there is no readable directory. Nothing is decompressed. */
export async function zipNames({ size, tail, read }: Sample): Promise<string[]> {
  const bytes = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  let end = -1;
  for (let at = bytes.length - END_BYTES; at >= 0 && end < 0; at--) {
    if (bytes.readUInt32LE(at) === END_OF_DIRECTORY) end = at;
  }
  if (end < 0) return [];
  const length = bytes.readUInt32LE(end + 12);
  // By its length, because the stated offset is wrong when something stands before the archive.
  const start = size - tail.length + end - length;
  if (start < 0) return [];
  const bytesOfDirectory = await read(start, Math.min(length, MAX_DIRECTORY));
  return entryNames(
    Buffer.from(bytesOfDirectory.buffer, bytesOfDirectory.byteOffset, bytesOfDirectory.byteLength),
  );
}

function entryNames(directory: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + ENTRY_BYTES <= directory.length;) {
    if (directory.readUInt32LE(at) !== DIRECTORY_ENTRY) break;
    const name = directory.readUInt16LE(at + 28);
    names.push(directory.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + name));
    at += ENTRY_BYTES + name + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return names;
}
