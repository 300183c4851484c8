/**
 * Blobs in a directory: one sparse file each, `blobs/<day>/<random>`, written in its final place and never
 * moved. What is in `begun/` says which of them are on their way without a record (`disk_begun.ts`).
 */
import { statfsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Segment } from "../model.ts";
import { Problem } from "../problem.ts";
import type { BlobReader, BlobStore, BlobWriter, Room, StorageObserver } from "./blob_store.ts";
import { newDirectorySyncs } from "./directory_syncs.ts";
import { dayOf, openBegun } from "./disk_begun.ts";
import { diskFull, onDisk } from "./disk_errors.ts";
import { openForWriting, removeIfPresent, shortenIfLonger, writeAndRemove } from "./disk_files.ts";
import { openDiskHasher } from "./disk_hasher.ts";
import { missing, openDiskReader } from "./disk_reader.ts";
import { ID, statBlob, storedBlobs } from "./disk_stored.ts";

/**
 * Bytes of the file system that blobs leave free: records lie beside them, and when these cannot be written any
 * more, nothing can be deleted either. More than what all requests together have under way.
 */
const RESERVE = 64 * 1024 * 1024;
/** Takes microseconds, which is much beside a small file. */
const ASK_ROOM_MS = 20;
/** Remembered at most; forgetting one costs a directory sync more. */
const MAX_DURABLE_NAMES = 10_000;

export interface DiskOptions {
  /** Exists and belongs to this process alone. */
  directory: string;
  now: () => number;
  observer?: StorageObserver;
}

/** Makes the store's folders. */
export async function openDisk({ directory, now, observer }: DiskOptions): Promise<BlobStore> {
  const blobs = join(directory, "blobs");
  const notes = join(directory, "begun");
  await onDisk(Deno.mkdir(blobs, { recursive: true, mode: 0o700 }));
  await onDisk(Deno.mkdir(notes, { recursive: true, mode: 0o700 }));

  const begun = openBegun({ folder: notes, blobs, now });
  const directories = newDirectorySyncs();
  /** Blobs whose directory entry is known to be on stable storage. */
  const durableNames = new Set<string>();
  /** One a day. */
  const durableFolders = new Set<string>();

  function pathOf(id: string): string {
    if (!ID.test(id)) throw new Error(`Not a blob id: ${id}`);
    return join(blobs, id.slice(0, 8), id.slice(9));
  }

  const hasher = openDiskHasher();

  /** As it was found, less what was written since: exact enough while there is plenty. */
  let room = { bytes: 0, askedAt: -Infinity };

  /** Others fill the file system too, so that it is asked anew all the time, and before each write near the end. */
  function requireRoom(bytes: number): void {
    const time = performance.now();
    if (time - room.askedAt > ASK_ROOM_MS || room.bytes - bytes < 2 * RESERVE) {
      const { bavail, bsize } = statfsSync(directory);
      room = { bytes: bavail * bsize, askedAt: time };
    }
    if (room.bytes - bytes < RESERVE) {
      throw noRoom(room.bytes);
    }
    room.bytes -= bytes;
  }

  async function askRoom(): Promise<Room> {
    const { blocks, bavail, bsize } = await onDisk(statfs(directory));
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize, reserveBytes: RESERVE };
  }

  /** The file's entry in the folder of its day, and that folder's own: whoever made it may not have come to that. */
  async function makeNameDurable(id: string): Promise<void> {
    if (durableNames.has(id)) return;
    const folder = dirname(pathOf(id));
    await Promise.all([
      directories.sync(folder),
      durableFolders.has(folder) ? null : directories.sync(blobs),
    ]);
    durableFolders.add(folder);
    if (durableNames.size >= MAX_DURABLE_NAMES) durableNames.clear();
    durableNames.add(id);
  }

  // The names of the folders made above.
  await onDisk(directories.sync(directory));

  return {
    newId({ announced = false } = {}) {
      if (announced) return begun.newId();
      return `${dayOf(now())}-${crypto.getRandomValues(new Uint8Array(16)).toHex()}`;
    },

    segments: (id, size) => size === 0 ? [] : [{ file: id, offset: 0, length: size }],

    async openWriter(id, { announce = false } = {}): Promise<BlobWriter> {
      const path = pathOf(id);
      if (announce) await begun.announce(id);
      const file = await onDisk(openForWriting(path));
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
            const since = performance.now();
            if (position !== at) await file.seek(position, Deno.SeekMode.Start);
            at = position;
            for (let rest = bytes; rest.length > 0;) {
              const written = await file.write(rest);
              at += written;
              rest = rest.subarray(written);
            }
            observer?.wrote(performance.now() - since);
          }),
        sync: () =>
          guarded(async () => {
            const since = performance.now();
            await Promise.all([file.syncData(), makeNameDurable(id)]);
            observer?.synced(performance.now() - since);
          }),
        close: () => file.close(),
      };
    },

    settle: (id) => begun.settle(id),
    unsettled: () => begun.unsettled(),

    async openReader(segments: Segment[]): Promise<BlobReader> {
      if (!segments.every(({ file }) => ID.test(file))) throw missing("is none of ours");
      return await openDiskReader(segments.map((segment) => ({ ...segment, path: pathOf(segment.file) })));
    },

    trim: (id, size) => onDisk(shortenIfLonger(pathOf(id), size)),

    async remove(id) {
      hasher.forget(id);
      durableNames.delete(id);
      await onDisk(removeIfPresent(pathOf(id)));
    },

    hashAhead: (id, front) => hasher.advance(id, { path: pathOf(id), front }),
    forgetHash: (id) => hasher.forget(id),
    digest: (id, segments) =>
      hasher.digest(id, segments.map((segment) => ({ ...segment, path: pathOf(segment.file) }))),

    stored: () => storedBlobs(blobs),
    stat: (id) => ID.test(id) ? statBlob(pathOf(id)) : Promise.resolve(null),
    isBegun: (id) => begun.has(id),
    strayMarks: () => begun.strays(),
    removeMark: (name) => begun.removeStray(name),

    async check() {
      const { freeBytes } = await askRoom();
      if (freeBytes < RESERVE) throw noRoom(freeBytes);
      await onDisk(writeAndRemove(join(notes, "health")));
    },

    room: askRoom,

    close() {
      hasher.close();
      directories.close();
      begun.close();
    },
  };
}

const noRoom = (bytes: number) =>
  diskFull(new Error(`${bytes} bytes are free; ${RESERVE} are kept for records`));
