/** Records of archives: what is to be in them; their bytes are made when they are fetched. */

/** Times are ms since 1970. */
export interface ArchiveRecord {
  id: string;
  ownerId: string;
  fileName: string;
  /** Of the entries, which lie in parts of `ENTRIES_PER_PART`. */
  count: number;
  /** Bytes. */
  size: number;
  /** Over names, order and content, lower-case hex. */
  digest: string;
  createdAt: number;
  /** Exclusive. */
  expiresAt: number;
}

export interface ArchiveEntry {
  attachmentId: string;
  name: string;
  size: number;
  sha256: string;
  crc32: number;
  modifiedAt: number;
}

/** So that a part stays below 64 KiB, whatever the names. */
export const ENTRIES_PER_PART = 64;
