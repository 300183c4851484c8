/** What a download takes and gives. */
import type { PawlError } from "./errors.ts";
import type { TransferProgress } from "./progress_types.ts";

/** Where a download goes. `string`: path of a file, or of an existing folder (Deno and Node). */
export type DownloadTarget = string | WritableStream<Uint8Array> | FileHandleLike;

/** What the library needs of a `FileSystemFileHandle` (File System Access API). */
export interface FileHandleLike {
  readonly name: string;
  getFile(): Promise<Blob>;
  createWritable(options?: { keepExistingData?: boolean }): Promise<FileWritableLike>;
}

export interface FileWritableLike {
  write(data: { type: "write"; position: number; data: Uint8Array<ArrayBuffer> }): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
  abort?(reason?: unknown): Promise<void>;
}

export interface DownloadOptions {
  /**
   * - A path: written to `<path>.part` with its state beside it, and renamed when it is whole and its digest right. A
   *   second run goes on with what is there. An existing folder: the server's name for the file is used.
   * - A file handle of the browser's: written there. What is there is gone on with when `etag` is given.
   * - A stream: written in order, then closed.
   * - Absent: read `stream` of the download.
   */
  to?: DownloadTarget;
  /** `false`: fail with `destination` when a file of that name is there. Default true. */
  overwrite?: boolean;
  /** Of an earlier run's `etag`: what a file handle holds already belongs to this version. */
  etag?: string;
  /** Ranges at once, 1 to 16; default 4. Up to twice as many are held in memory, as bytes are written in order. */
  parallel?: number;
  /** Bytes of a range. Default: about two seconds each, 1 to 8 MiB. */
  partSize?: number;
  /** Tries of each request beside the first without any byte arriving; default 10. */
  retries?: number;
  /** Milliseconds without a byte; default 30,000. */
  stallTimeout?: number;
  /** Compare with the server's `Repr-Digest`, or with `sha256`. Default true. */
  verify?: boolean;
  /** Expected digest of the file, lower-case hex. */
  sha256?: string;
  signal?: AbortSignal;
  onProgress?: (progress: TransferProgress) => void;
  /** Milliseconds; default 100. */
  progressInterval?: number;
  onState?: (change: DownloadStateChange) => void;
}

/** `verifying`: all bytes are here and their digest is being computed. The others as with uploads. */
export type DownloadState =
  | "opening"
  | "downloading"
  | "waiting"
  | "paused"
  | "verifying"
  | "completed"
  | "failed"
  | "cancelled";

export interface DownloadStateChange {
  state: DownloadState;
  previous: DownloadState;
  error?: PawlError;
  /** Ms since 1970. */
  retryAt?: number;
}

export interface DownloadResult {
  /** Where it lies now; null unless it went to a path. */
  path: string | null;
  /** The server's name for it; null when it did not say. */
  fileName: string | null;
  contentType: string;
  size: number;
  /** Lower-case hex; null when it was not computed. */
  sha256: string | null;
  /** Whether the digest was compared and right; false when the server named none, or `verify` was false. */
  verified: boolean;
  /** The server's entity tag, with its quotes. */
  etag: string | null;
  /** Bytes that were here from an earlier run. */
  resumedBytes: number;
}

/** One file on its way down. */
export interface Download {
  /** Rejects with `PawlError` or the reason of `signal`; a rejection that is not handled does no harm. */
  readonly result: Promise<DownloadResult>;
  /**
   * Without `to`: the bytes, in order, fetched as they are read; errors when `result` rejects. It must be read or
   * cancelled. With `to`: null.
   */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly state: DownloadState;
  readonly progress: TransferProgress;
  /** The server's entity tag once it is known; with a file handle keep it to go on another time. */
  readonly etag: string | null;
  /** Stops requests; `resume` goes on with what is missing. */
  pause(): void;
  /** After `pause`; while `waiting` it tries at once. */
  resume(): void;
  /** Ends it and removes what was written (`.part` and its state). */
  cancel(): Promise<void>;
  /** Ends it and keeps what was written, so that another run goes on. */
  stop(): Promise<void>;
}
