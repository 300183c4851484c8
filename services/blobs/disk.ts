/**
 * Blobs in a directory: one sparse file each, `blobs/<day>/<random>`, written in its final place and never
 * moved. An empty file of the same name in `begun/` stands for an upload of which no record exists yet.
 */
import { statfsSync } from "node:fs";
import { join } from "node:path";
import type { Segment } from "../model.ts";
import { Problem } from "../problem.ts";
import type { BlobReader, BlobStore, BlobWriter } from "./blob_store.ts";
import { diskFull, onDisk } from "./disk_errors.ts";
import { openDiskReader } from "./disk_reader.ts";
import { openDiskHasher } from "./disk_hasher.ts";
import { sharedRun } from "./shared_run.ts";

const ID = /^\d{8}-[0-9a-f]{32}$/;
/**
 * Bytes of the file system that blobs leave free: records lie beside them, and when these cannot be written any
 * more, nothing can be deleted either. More than what all requests together have under way.
 */
const RESERVE = 64 * 1024 * 1024;
/** Remembered at most; forgetting one costs a directory sync more. */
const MAX_DURABLE_NAMES = 10_000;

export interface DiskOptions {
  /** Exists and belongs to this process alone. */
  directory: string;
  now: () => number;
}

/** Makes the store's folders. */
export async function openDisk({ directory, now }: DiskOptions): Promise<BlobStore> {
  const blobs = join(directory, "blobs");
  const begun = join(directory, "begun");
  await onDisk(Deno.mkdir(blobs, { recursive: true, mode: 0o700 }));
  await onDisk(Deno.mkdir(begun, { recursive: true, mode: 0o700 }));

  const directorySyncs = new Map<string, () => Promise<void>>();
  /** Blobs whose directory entry is known to be on stable storage. */
  const durableNames = new Set<string>();
  /** One a day. */
  const durableFolders = new Set<string>();

  function pathOf(id: string): string {
    if (!ID.test(id)) throw new Error(`Not a blob id: ${id}`);
    return join(blobs, id.slice(0, 8), id.slice(9));
  }

  const hasher = openDiskHasher();

  function syncDirectory(path: string): Promise<void> {
    let sync = directorySyncs.get(path);
    if (!sync) {
      if (directorySyncs.size > 100) directorySyncs.clear();
      sync = sharedRun(async () => {
        using handle = await Deno.open(path);
        await handle.sync();
      });
      directorySyncs.set(path, sync);
    }
    return sync();
  }

  async function openFile(path: string): Promise<Deno.FsFile> {
    const options = { write: true, create: true, mode: 0o600 };
    try {
      return await Deno.open(path, options);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      await Deno.mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
      return await Deno.open(path, options);
    }
  }

  /** The file's entry in the folder of its day, and that folder's own: whoever made it may not have come to that. */
  /** Takes microseconds, so that it is asked anew before each write: others fill the file system too. */
  function requireRoom(bytes: number): void {
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize - bytes < RESERVE) {
      throw diskFull(new Error(`${bavail * bsize} bytes are free; ${RESERVE} are kept for records`));
    }
  }

  async function makeNameDurable(id: string): Promise<void> {
    if (durableNames.has(id)) return;
    const folder = join(pathOf(id), "..");
    await Promise.all([syncDirectory(folder), durableFolders.has(folder) ? null : syncDirectory(blobs)]);
    durableFolders.add(folder);
    if (durableNames.size >= MAX_DURABLE_NAMES) durableNames.clear();
    durableNames.add(id);
  }

  // The names of the folders made above.
  await onDisk(syncDirectory(directory));

  return {
    newId() {
      const day = new Date(now()).toISOString().slice(0, 10).replaceAll("-", "");
      const random = crypto.getRandomValues(new Uint8Array(16));
      return `${day}-${random.toHex()}`;
    },

    segments: (id, size) => size === 0 ? [] : [{ file: id, offset: 0, length: size }],

    async openWriter(id, { announce = false } = {}): Promise<BlobWriter> {
      if (announce) {
        const mark = { write: true, create: true, mode: 0o600 };
        (await onDisk(Deno.open(join(begun, id), mark))).close();
      }
      const file = await onDisk(openFile(pathOf(id)));
      let at = 0;
      let broken = false;

      /** Kernel and hardware may drop what a failed write or sync held, so that the handle proves nothing any more. */
      async function guarded(operation: () => Promise<void>): Promise<void> {
        if (broken) throw new Problem("storage-unavailable", "Writing failed before. Send the bytes again.");
        try {
          await onDisk(operation());
        } catch (error) {
          broken = true;
          throw error;
        }
      }

      return {
        write: (position, bytes) =>
          guarded(async () => {
            requireRoom(bytes.length);
            if (position !== at) await file.seek(position, Deno.SeekMode.Start);
            at = position;
            for (let rest = bytes; rest.length > 0;) {
              const written = await file.write(rest);
              at += written;
              rest = rest.subarray(written);
            }
          }),
        sync: () =>
          guarded(async () => {
            await Promise.all([file.syncData(), makeNameDurable(id)]);
          }),
        close: () => file.close(),
      };
    },

    settle: (id) => onDisk(removeIfPresent(join(begun, id))),

    async unsettled() {
      const names: string[] = [];
      for await (const entry of Deno.readDir(begun)) if (ID.test(entry.name)) names.push(entry.name);
      return names;
    },

    openReader: (segments: Segment[]): Promise<BlobReader> =>
      openDiskReader(segments.map((segment) => ({ ...segment, path: pathOf(segment.file) }))),

    async remove(id) {
      hasher.forget(id);
      durableNames.delete(id);
      await onDisk(removeIfPresent(pathOf(id)));
    },

    hashAhead: (id, front) => hasher.advance(id, { path: pathOf(id), front }),
    digest: (id, segments) =>
      hasher.digest(id, segments.map((segment) => ({ ...segment, path: pathOf(segment.file) }))),

    async check() {
      const probe = join(begun, "health");
      (await onDisk(Deno.open(probe, { write: true, create: true, mode: 0o600 }))).close();
      await onDisk(removeIfPresent(probe));
    },

    close: () => hasher.close(),
  };
}

async function removeIfPresent(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
