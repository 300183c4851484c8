/** What an upload takes and gives. */
import type { Attachment, ImageOptions, Visibility } from "./api_types.ts";
import type { PawlError } from "./errors.ts";
import type { TransferProgress } from "./progress_types.ts";

/**
 * What is uploaded: a `File` or `Blob`, what `openFile` gives, or anything that can be read at any position.
 * It is read several times (fingerprint, digest, chunks, repeats), so it must give the same bytes each time.
 */
export type UploadSource = Blob | RandomAccessSource;

export interface RandomAccessSource {
  /** The file's name, when it has one. */
  readonly name?: string;
  /** Bytes. */
  readonly size: number;
  /** Media type; "" or absent when unknown. */
  readonly type?: string;
  /** Bytes `start` (inclusive) to `end` (exclusive). Fewer bytes count as a file that has changed. */
  read(start: number, end: number): ReadResult | Promise<ReadResult>;
  /** Anything that is another text once the file has changed, e.g. of its time and size; asked with each chunk. */
  version?(): string | Promise<string>;
}

export type ReadResult = Blob | Uint8Array | ArrayBuffer | ReadableStream<Uint8Array>;

/** What a file is called and belongs to. */
export interface FileFields {
  /** Default: the source's name, else `file`. */
  fileName?: string;
  /** Default: the source's type, else decided by the server from the name. */
  contentType?: string;
  /** Chooses the rules of size and type; the server's default is `General`. */
  businessType?: string;
  businessId?: string;
  visibility?: Visibility;
}

export interface UploadOptions extends FileFields {
  /** What is done to it if it is a picture. */
  image?: ImageOptions;
  /** Of the whole file, lower-case hex, when you know it; it is checked all the same. */
  sha256?: string;
  /** Your own mark of the content, to find the open session again. Default: `fingerprint` of the source. */
  fingerprint?: string;
  /** A session to go on with, instead of the one found by content. */
  sessionId?: string;
  /** Always a new session. */
  forceNew?: boolean;
  /** Chunks on their way at once, 1 to 16; default 4. At most so many chunks are held in memory. */
  parallel?: number;
  /** Bytes of each chunk, or `auto` (default): about two seconds each, as fast as the line is. */
  chunkSize?: "auto" | number;
  /** Tries of each request beside the first, before the upload fails; default 10. */
  retries?: number;
  /** Milliseconds without a byte moving after which a request is given up and tried again; default 30,000. */
  stallTimeout?: number;
  /** `false`: no digest of the whole file from this side; each chunk is checked all the same. Default true. */
  verify?: boolean;
  /** Stops: what has arrived stays at the server, and another `upload` of the file goes on. `result` rejects with its reason. */
  signal?: AbortSignal;
  /** At most every `progressInterval`, and at each change of state. */
  onProgress?: (progress: TransferProgress) => void;
  /** Milliseconds; default 100. */
  progressInterval?: number;
  onState?: (change: UploadStateChange) => void;
}

export interface StreamUploadOptions extends FileFields {
  fileName: string;
  /**
   * Gives it up. Silence does not on this side: bytes that a slow line takes cannot be told from those of a slow stream,
   * and a stream cannot be sent twice. The server ends one of which nothing comes for `uploads.idleSeconds`.
   */
  signal?: AbortSignal;
  onProgress?: (progress: TransferProgress) => void;
}

/**
 * - `preparing`: the file is being read (fingerprint, and the digest of small ones)
 * - `opening`: asking for the session
 * - `comparing`: what the server has is being compared with the file
 * - `uploading`
 * - `waiting`: something went wrong and is tried again (`error`, `retryAt`)
 * - `paused`
 * - `finishing`: all bytes are there; the server makes the attachment
 * - `completed`, `failed`, `cancelled` (also by `stop` and `signal`): the end
 */
export type UploadState =
  | "preparing"
  | "opening"
  | "comparing"
  | "uploading"
  | "waiting"
  | "paused"
  | "finishing"
  | "completed"
  | "failed"
  | "cancelled";

export interface UploadStateChange {
  state: UploadState;
  previous: UploadState;
  /** With `waiting`: what went wrong; with `failed`: why. */
  error?: PawlError;
  /** With `waiting`: when it is tried again, ms since 1970. */
  retryAt?: number;
}

/** One file on its way up. */
export interface Upload {
  /**
   * The attachment. Rejects with `PawlError`, or with the reason of `signal`. Nobody needs to listen: a rejection that is
   * not handled here does no harm.
   */
  readonly result: Promise<Attachment>;
  readonly state: UploadState;
  readonly progress: TransferProgress;
  /** The server's session, once it is known; null before, and with instant uploads. */
  readonly sessionId: string | null;
  /** The file's SHA-256, lower-case hex, once it is known. */
  readonly sha256: string | null;
  /** Whether nothing had to be sent, because the content was there. */
  readonly instant: boolean;
  /** Lets requests end that are nearly through, breaks off the others, and sends nothing until `resume`. */
  pause(): void;
  /** After `pause`; while `waiting` it tries at once. */
  resume(): void;
  /** Ends it and frees what has arrived at the server. Resolves when that is done, or could not be done. */
  cancel(): Promise<void>;
  /** Ends it and leaves what has arrived, to go on another time. `result` rejects with code `cancelled`. */
  stop(): void;
}
