/** Copies bytes that do not change, hashing them on their way; where there are none but zeros, files get holes. */
import { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { dirname } from "node:path";

const PIECE = 1024 * 1024;
/** Zeros that are worth a hole. */
const BLOCK = 64 * 1024;
const ZEROS = new Uint8Array(BLOCK);

export type Copied = "copied" | "missing" | "different";

export interface CopyContext {
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
}

export interface WholeCopy extends CopyContext {
  from: string;
  to: string;
  size: number;
  /** Lower-case hex; null: not known. */
  sha256: string | null;
}

/** A file of `size` bytes, in its place when it is whole and on stable storage, but for its name. */
export async function copyWhole({ from, to, size, sha256, signal, onBytes }: WholeCopy): Promise<Copied> {
  using source = await openSource(from);
  if (source === null) return "missing";
  const part = `${to}.part`;
  let result: Copied;
  {
    using target = await openTarget(part, { truncate: true });
    const hash = sha256 === null ? null : createHash("sha256");
    const stretch = { source, target, offset: 0, size, holes: true, hash, signal, onBytes };
    result = await copyStretch(stretch) ? "copied" : "missing";
    if (result === "copied" && hash && hash.digest("hex") !== sha256) result = "different";
    if (result === "copied") {
      await target.truncate(size); // A hole at the end.
      await target.syncData();
    }
  }
  if (result === "copied") await Deno.rename(part, to);
  else await Deno.remove(part);
  return result;
}

export interface Stretch extends CopyContext {
  source: Deno.FsFile;
  /** null: only read. */
  target: Deno.FsFile | null;
  offset: number;
  size: number;
  /** Whether nothing was there before, so that zeros need not be written. */
  holes: boolean;
  hash: Hash | null;
}

/** False: the source is too short. */
export async function copyStretch(stretch: Stretch): Promise<boolean> {
  const { source, offset, size, hash, signal, onBytes } = stretch;
  const buffer = buffers.pop() ?? new Uint8Array(PIECE);
  try {
    await source.seek(offset, Deno.SeekMode.Start);
    for (let done = 0; done < size;) {
      signal.throwIfAborted();
      const count = await fill(source, buffer.subarray(0, Math.min(PIECE, size - done)));
      if (count < Math.min(PIECE, size - done)) return false;
      const bytes = buffer.subarray(0, count);
      hash?.update(bytes);
      if (stretch.target) {
        await writePiece(stretch.target, bytes, { at: offset + done, holes: stretch.holes });
      }
      done += count;
      onBytes(count);
    }
    return true;
  } finally {
    buffers.push(buffer);
  }
}

/** As many as there are copies at once. */
const buffers: Uint8Array<ArrayBuffer>[] = [];

async function fill(file: Deno.FsFile, into: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const count = await file.read(into.subarray(filled));
    if (!count) break;
    filled += count;
  }
  return filled;
}

async function writePiece(
  target: Deno.FsFile,
  bytes: Uint8Array,
  { at: position, holes }: { at: number; holes: boolean },
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    let end = at;
    while (end < bytes.length && !(holes && isZero(bytes, end))) end += BLOCK;
    end = Math.min(end, bytes.length);
    if (end === at) {
      at += BLOCK;
      continue;
    }
    await target.seek(position + at, Deno.SeekMode.Start);
    while (at < end) at += await target.write(bytes.subarray(at, end));
  }
}

function isZero(bytes: Uint8Array, at: number): boolean {
  const block = bytes.subarray(at, at + BLOCK);
  return Buffer.compare(block, ZEROS.subarray(0, block.length)) === 0;
}

/** null: there is none. */
export async function openSource(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** Makes its folder, too; readable to nobody else. */
export async function openTarget(path: string, { truncate = false } = {}): Promise<Deno.FsFile> {
  const options = { read: true, write: true, create: true, truncate, mode: 0o600 };
  try {
    return await Deno.open(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await Deno.open(path, options);
  }
}
