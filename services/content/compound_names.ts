/** Names in a Compound File (MS-CFB): the old Office formats differ by them. */
import { Buffer } from "node:buffer";
import type { Sample } from "./sample.ts";

const SIGNATURE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const HEADER_BYTES = 512;
const ENTRY_BYTES = 128;
const END_OF_CHAIN = 0xfffffffa;
/** Directory sectors that are followed: the names that matter are among the first entries. */
const MAX_SECTORS = 64;
const DIFAT_IN_HEADER = 109;

export const isCompound = (head: Uint8Array): boolean => SIGNATURE.every((byte, at) => head[at] === byte);

/** Of the root's streams and storages, as far as the chain can be followed; empty for anything else. */
export async function compoundNames(sample: Sample): Promise<string[]> {
  const header = Buffer.from(sample.head.buffer, sample.head.byteOffset, sample.head.byteLength);
  if (header.length < HEADER_BYTES || !isCompound(header)) return [];
  const shift = header.readUInt16LE(30);
  if (shift !== 9 && shift !== 12) return [];
  const sectorBytes = 1 << shift;
  const names: string[] = [];
  let sector = header.readUInt32LE(48);
  for (let followed = 0; followed < MAX_SECTORS && sector < END_OF_CHAIN; followed++) {
    const bytes = await sample.read((sector + 1) * sectorBytes, sectorBytes);
    if (bytes.length < sectorBytes) break;
    names.push(...namesIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
    sector = await nextSector(sample, { header, sector, sectorBytes });
  }
  return names;
}

function namesIn(directory: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + ENTRY_BYTES <= directory.length; at += ENTRY_BYTES) {
    const length = directory.readUInt16LE(at + 64);
    if (length >= 2 && length <= 64) names.push(directory.toString("utf16le", at, at + length - 2));
  }
  return names;
}

/** By the allocation table, whose own sectors the header lists. */
async function nextSector(
  sample: Sample,
  { header, sector, sectorBytes }: { header: Buffer; sector: number; sectorBytes: number },
): Promise<number> {
  const entriesPerSector = sectorBytes / 4;
  const table = Math.floor(sector / entriesPerSector);
  if (table >= DIFAT_IN_HEADER) return END_OF_CHAIN;
  const tableSector = header.readUInt32LE(76 + table * 4);
  if (tableSector >= END_OF_CHAIN) return END_OF_CHAIN;
  const at = (tableSector + 1) * sectorBytes + (sector % entriesPerSector) * 4;
  const bytes = await sample.read(at, 4);
  return bytes.length < 4 ? END_OF_CHAIN : Buffer.from(bytes).readUInt32LE(0);
}
