/** Scratch files of ours that a crash left behind. */
import { join } from "node:path";
import { onDisk } from "./disk_errors.ts";
import { removeIfPresent } from "./disk_files.ts";

export interface TemporaryFile {
  name: string;
  /** Bytes. */
  size: number;
  /** Of the last change, ms since 1970. */
  modifiedAt: number;
}

/** What scratch files are called. The folder may be one that others use too, whose files are not ours to remove. */
const OURS = /^[a-z]{1,20}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ours in `directory`, in no order; none when it does not exist. Never what a symbolic link leads to. */
export async function* temporaryFiles(directory: string): AsyncGenerator<TemporaryFile> {
  const found = Deno.readDir(directory)[Symbol.asyncIterator]();
  for (;;) {
    const next = await onDisk(found.next().catch(goneIsDone));
    if (next.done) return;
    const { name, isFile } = next.value;
    if (!isFile || !OURS.test(name)) continue;
    const info = await onDisk(Deno.lstat(join(directory, name)).catch(goneIsNull));
    if (!info?.isFile) continue;
    yield { name, size: info.size, modifiedAt: info.mtime?.getTime() ?? Infinity };
  }
}

/** An absent one is no error. */
export async function removeTemporaryFile(directory: string, name: string): Promise<void> {
  if (!OURS.test(name)) throw new Error(`Not a temporary file of ours: ${name}`);
  await onDisk(removeIfPresent(join(directory, name)));
}

function goneIsDone(error: unknown): IteratorResult<Deno.DirEntry> {
  if (error instanceof Deno.errors.NotFound) return { done: true, value: undefined };
  throw error;
}

function goneIsNull(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}
