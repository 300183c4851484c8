/** A mark of a file's content that costs little to make, to find its open upload session again. */
import { newSha256 } from "./hash.ts";
import { openSource, type Source } from "./source.ts";
import type { UploadSource } from "./upload_types.ts";

const SAMPLE_BYTES = 64 * 1024;
const SAMPLES = 5;

/**
 * SHA-256 over the size and samples from the head, the middle and the tail. Equal files give equal marks; equal marks do
 * not prove equal files, so what a session holds is compared before it is gone on with.
 */
export async function fingerprint(source: UploadSource): Promise<string> {
  return await fingerprintOf(await openSource(source));
}

export async function fingerprintOf(source: Source): Promise<string> {
  const hash = newSha256();
  hash.update(new TextEncoder().encode(`${source.size}\n`));
  for (const [start, end] of samplesOf(source.size)) hash.update(await source.read(start, end));
  return `s1-${hash.hex()}`;
}

/** All of a small file; else samples at equal distances, the first at the head and the last at the tail. */
export function samplesOf(size: number): [start: number, end: number][] {
  if (size <= SAMPLES * SAMPLE_BYTES) return size === 0 ? [] : [[0, size]];
  const step = (size - SAMPLE_BYTES) / (SAMPLES - 1);
  return Array.from({ length: SAMPLES }, (_, index) => {
    const start = Math.floor(index * step);
    return [start, start + SAMPLE_BYTES];
  });
}
