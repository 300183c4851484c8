/** Comparing what the server has recorded with the file, so that only equal bytes are skipped. */
import type { Chunk, Span } from "./api_types.ts";
import { digestOf, newSha256, toHex } from "./hash.ts";
import type { Source } from "./source.ts";

const PIECE_BYTES = 4 * 1024 * 1024;

export interface Comparison {
  chunks: AsyncIterable<Chunk>;
  source: Source;
  signal: AbortSignal;
  /** Told of each chunk that is equal. */
  onSame?: (chunk: Chunk) => void;
  /** Chunks that this says no to are not looked at. */
  wanted?: (chunk: Chunk) => boolean;
}

/** The stretches that are equal; null as soon as one differs. */
export async function compareChunks(comparison: Comparison): Promise<Span[] | null> {
  const { chunks, source, signal, onSame, wanted } = comparison;
  const same: Span[] = [];
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    if (wanted?.(chunk) === false) continue;
    if (await sha256Of(source, chunk) !== chunk.sha256) return null;
    same.push({ offset: chunk.offset, size: chunk.size });
    onSame?.(chunk);
  }
  return same;
}

async function sha256Of(source: Source, { offset, size }: Span): Promise<string> {
  if (size <= PIECE_BYTES) return toHex(await digestOf(await source.read(offset, offset + size)));
  const hash = newSha256();
  for (let start = offset; start < offset + size; start += PIECE_BYTES) {
    hash.update(await source.read(start, Math.min(start + PIECE_BYTES, offset + size)));
  }
  return hash.hex();
}
