/**
 * The seam between records and bytes. A blob is an ordered list of segments; positions are bytes within the
 * blob. Methods speak of blobs and positions, never of paths, so that a bucket can stand behind the same seam.
 * The suite in `tests/contract/blob_store.ts` is the definition of a correct store.
 */
import type { Segment } from "../model.ts";

/** Writes into one blob. Each writer has its own handle: after a write or a sync has failed, nothing more may be committed through it. */
export interface BlobWriter {
  /** Writes all of `bytes` at `position` (bytes from the blob's start). `bytes` must not change until it resolves. */
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when everything written through this writer is on stable storage, its name too. */
  sync(): Promise<void>;
  close(): void;
}

/** Reads one blob. Stays readable when the blob is removed meanwhile. The caller closes it. */
export interface BlobReader {
  /** Fills `into` from `position` as far as there are bytes; returns the bytes read, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): void;
}

export interface ContentDigest {
  /** Lower-case hex. */
  sha256: string;
  /** Unsigned 32-bit. */
  crc32: number;
}

/** Of what bytes lie on. */
export interface Room {
  totalBytes: number;
  /** For whoever runs this server. */
  freeBytes: number;
  /** Of the free ones, those that blobs leave for records. */
  reserveBytes: number;
}

/** Told what writing costs, ms. Must not throw. */
export interface StorageObserver {
  wrote(ms: number): void;
  synced(ms: number): void;
}

/** Bytes that lie in the store, whatever is recorded of them. */
export interface StoredBytes {
  size: number;
  /** Of the last change, ms since 1970. */
  modifiedAt: number;
}

/** What stands for announced blobs of which this process knows nothing. */
export interface StrayMark {
  name: string;
  /** Ms since 1970. */
  modifiedAt: number;
}

/**
 * Every method throws `Problem`: `disk-full` when there is no room, `busy` when the process has no handles
 * left, `storage-unavailable` when the storage fails.
 */
export interface BlobStore {
  /** A new blob's id. Nothing is stored by it. `announced`: to be opened so; announcing it costs less then. */
  newId(options?: { announced?: boolean }): string;
  /** Where the first `size` bytes of a blob lie that was written through `openWriter`. */
  segments(id: string, size: number): Segment[];
  /**
   * Opens a blob for writing, making it when it is absent; never shortens one. `announce`: nothing is recorded
   * of this blob before its end, so that the store itself remembers it as begun until `settle`.
   */
  openWriter(id: string, options?: { announce?: boolean }): Promise<BlobWriter>;
  /** The blob begun with `announce` has come to its end: it is recorded, or removed. */
  settle(id: string): Promise<void>;
  /**
   * Ids of announced blobs that were not settled, of the last process perhaps also of some that were; to be asked
   * for at start-up, before the first upload.
   */
  unsettled(): Promise<string[]>;
  /** Opens for reading after comparing the stored sizes with the segments. Throws `blob-missing` when bytes are missing. */
  openReader(segments: Segment[]): Promise<BlobReader>;
  /**
   * Frees what lies behind the first `size` bytes, where nobody writes any more: of bodies that were written and then
   * refused. Never makes a blob longer; an absent one is no error.
   */
  trim(id: string, size: number): Promise<void>;
  /** Removes the bytes and what is known of them; absent ones are no error. */
  remove(id: string): Promise<void>;
  /** Ids of all blobs that have bytes here, in no order; those that come or go meanwhile perhaps. */
  stored(): AsyncIterable<string>;
  /** null: nothing is there. */
  stat(id: string): Promise<StoredBytes | null>;
  /** Whether it was announced and is not settled. */
  isBegun(id: string): boolean;
  /** Marks of announced blobs that nobody in this process will settle. */
  strayMarks(): Promise<StrayMark[]>;
  /** An absent one is no error. */
  removeMark(name: string): Promise<void>;
  /** Says that the first `front` bytes are committed, so that hashing may run ahead. Returns at once. */
  hashAhead(id: string, front: number): void;
  /** What was hashed of it counts no more: its bytes are lost, and will be written again. */
  forgetHash(id: string): void;
  /**
   * Digest of the blob `id`, whose bytes are these segments (of other blobs too); of its own first bytes it costs
   * only what `hashAhead` has not reached.
   */
  digest(id: string, segments: Segment[]): Promise<ContentDigest>;
  /** Throws when bytes cannot be stored right now: absent, read-only or failing storage. */
  check(): Promise<void>;
  /** null: nobody can say. */
  room(): Promise<Room | null>;
  /** Stops background work; waits for none of it. */
  close(): void;
}
