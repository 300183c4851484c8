/**
 * The seam between records and bytes. A blob is an ordered list of segments; positions are bytes within the
 * blob. Methods speak of blobs and positions, never of paths, so that a bucket can stand behind the same seam.
 * The suite in `tests/contract/blob_store.ts` is the definition of a correct store.
 */
import type { Segment } from "../model.ts";

/** Writes into one blob. Each writer has its own handle: after a write or a sync has failed, nothing more may be committed through it. */
export interface BlobWriter {
  /** Writes all of `bytes` at `position` (bytes from the blob's start). Throws `Problem` `disk-full` or `storage-unavailable`. */
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when everything written through this writer is on stable storage. */
  sync(): Promise<void>;
  close(): void;
}

/** Reads one blob. Stays readable when the blob is removed meanwhile. The caller closes it. */
export interface BlobReader {
  /** Fills `into` from `position` as far as there are bytes; returns the bytes read, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): void;
}

export interface BlobStore {
  /** Makes an empty blob, durable as a name, and returns where its bytes will lie. */
  create(id: string): Promise<Segment[]>;
  openWriter(id: string): Promise<BlobWriter>;
  /** Opens for reading after comparing the stored sizes with the segments. Throws `Problem` `blob-missing` when bytes are missing. */
  openReader(segments: Segment[]): Promise<BlobReader>;
  /** Removes the bytes; absent ones are no error. */
  remove(id: string): Promise<void>;
  /** Ids of blobs begun by single requests that did not come to an end before a crash. */
  abandoned(): Promise<string[]>;
}
