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

/** One byte, brought to stable storage. */
export async function writeAndRemove(path: string): Promise<void> {
  const file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  try {
    await file.write(new Uint8Array(1));
    await file.syncData();
  } finally {
    file.close();
  }
  await removeIfPresent(path);
}

/** To `size` bytes. */
export async function shortenIfLonger(path: string, size: number): Promise<void> {
  try {
    if ((await Deno.stat(path)).size > size) await Deno.truncate(path, size);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
