/** Reading the segments of a blob from their files, each opened once and kept open until the end. */
import type { Segment } from "../model.ts";
import { Problem } from "../problem.ts";
import type { BlobReader } from "./blob_store.ts";
import { onDisk } from "./disk_errors.ts";

interface OpenFile {
  handle: Deno.FsFile;
  /** Where the handle stands; a seek is only needed elsewhere. */
  at: number;
}

/** Opens all files of `segments`. Throws `blob-missing` when one is absent or too short. */
export async function openDiskReader(segments: (Segment & { path: string })[]): Promise<BlobReader> {
  const files = new Map<string, OpenFile>();
  const close = () => files.forEach(({ handle }) => handle.close());
  try {
    for (const { path, offset, length } of segments) {
      let file = files.get(path);
      if (!file) files.set(path, file = { handle: await openExisting(path), at: 0 });
      const { size, isFile } = await onDisk(file.handle.stat());
      if (!isFile || size < offset + length) throw missing(`is ${size} bytes long`);
    }
  } catch (error) {
    close();
    throw error;
  }

  return {
    async read(into, position) {
      let start = 0;
      for (const { path, offset, length } of segments) {
        const within = position - start;
        if (within >= length) {
          start += length;
          continue;
        }
        const file = files.get(path)!;
        if (file.at !== offset + within) await onDisk(file.handle.seek(offset + within, Deno.SeekMode.Start));
        const wanted = into.length <= length - within ? into : into.subarray(0, length - within);
        const count = await onDisk(file.handle.read(wanted)) ?? 0;
        file.at = offset + within + count;
        return count;
      }
      return 0;
    },
    close,
  };
}

async function openExisting(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw missing("is gone");
    return await onDisk(Promise.reject(error));
  }
}

/** `state` is for the log; the person downloading cannot mend it. */
function missing(state: string): Problem {
  return new Problem(
    "blob-missing",
    "The stored bytes of this file are missing or damaged. The operator must restore them.",
    {
      cause: new Error(`A segment's file ${state}`),
    },
  );
}
