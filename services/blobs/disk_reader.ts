/** Reading the segments of a blob from their files, each opened once and kept open until the end. */
import type { Segment } from "../model.ts";
import { Problem } from "../problem.ts";
import type { BlobReader } from "./blob_store.ts";
import { diskProblem, onDisk } from "./disk_errors.ts";

interface OpenFile {
  handle: Deno.FsFile;
  /** Where the handle stands; a seek is only needed elsewhere. */
  at: number;
}

/** Bytes up to which a file is read when it is opened, which costs less than asking for its size and reading it then. */
const SMALL = 64 * 1024;

type FileSegment = Segment & { path: string };

/** Opens all files of `segments`. Throws `blob-missing` when one is absent or too short. */
export async function openDiskReader(segments: FileSegment[]): Promise<BlobReader> {
  const [first, ...others] = segments;
  if (first && others.length === 0 && first.offset === 0 && first.length <= SMALL) {
    return await readSmall(first);
  }
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

async function readSmall({ path, length }: FileSegment): Promise<BlobReader> {
  const bytes = new Uint8Array(length);
  using handle = await openExisting(path);
  for (let filled = 0; filled < length;) {
    const count = await handle.read(bytes.subarray(filled)).catch((error) => {
      if (error instanceof Deno.errors.IsADirectory) throw missing("is a folder");
      throw diskProblem(error);
    });
    if (!count) throw missing(`is ${filled} bytes long`);
    filled += count;
  }
  return {
    read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return Promise.resolve(part.length);
    },
    close() {},
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
export function missing(state: string): Problem {
  return new Problem(
    "blob-missing",
    "The stored bytes of this file are missing or damaged. The operator must restore them.",
    {
      cause: new Error(`A segment's file ${state}`),
    },
  );
}
