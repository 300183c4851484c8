/** The files of blobs as they lie there, whatever is recorded of them. */
import { join } from "node:path";
import type { StoredBytes } from "./blob_store.ts";
import { onDisk } from "./disk_errors.ts";

export const ID = /^\d{8}-[0-9a-f]{32}$/;
const DAY = /^\d{8}$/;

/** Those below `folder`, day by day. What is not called as the store calls its files is not the store's. */
export async function* storedBlobs(folder: string): AsyncGenerator<string> {
  const days = (await onDisk(Array.fromAsync(Deno.readDir(folder)))).map(({ name }) => name);
  for (const day of days.filter((name) => DAY.test(name)).sort()) {
    for await (const name of namesIn(join(folder, day))) {
      const id = `${day}-${name}`;
      if (ID.test(id)) yield id;
    }
  }
}

async function* namesIn(path: string): AsyncGenerator<string> {
  const found = Deno.readDir(path)[Symbol.asyncIterator]();
  for (;;) {
    const next = await onDisk(
      found.next().catch((error): IteratorResult<Deno.DirEntry> => {
        // No folder, or none any more.
        if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
          return { done: true, value: undefined };
        }
        throw error;
      }),
    );
    if (next.done) return;
    yield next.value.name;
  }
}

/** null: there is no file. */
export async function statBlob(path: string): Promise<StoredBytes | null> {
  try {
    const { isFile, size, mtime } = await Deno.stat(path);
    return isFile ? { size, modifiedAt: mtime?.getTime() ?? Infinity } : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    return await onDisk(Promise.reject(error));
  }
}
