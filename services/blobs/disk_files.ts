/** Single files of the data directory. Errors are those of Deno. */
import { dirname } from "node:path";

/** Makes it when it is absent, its folder too, readable to nobody else; never shortens it. */
export async function openForWriting(path: string): Promise<Deno.FsFile> {
  const options = { write: true, create: true, mode: 0o600 };
  try {
    return await Deno.open(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await Deno.open(path, options);
  }
}

export async function removeIfPresent(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** To `size` bytes. */
export async function shortenIfLonger(path: string, size: number): Promise<void> {
  try {
    if ((await Deno.stat(path)).size > size) await Deno.truncate(path, size);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
