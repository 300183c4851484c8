/** Begins an upload for a sequential protocol: always a new session, perhaps with its first bytes. */
import type { Core } from "../core.ts";
import type { FileRequest } from "../file_rules.ts";
import type { Caller } from "../model.ts";
import type { AppendRequest } from "./append.ts";
import type { UploadState } from "./state.ts";

/** What a request says of a file; a name is made when it says none. */
export interface BeginRequest extends Omit<FileRequest, "fileName"> {
  fileName?: string | null | undefined;
  /** Bytes of the whole file; null: to be said later. */
  size: number | null;
  /** Of the whole file, lower-case hex. */
  sha256?: string | undefined;
  /** The client's own mark of the content; the chunk API finds the open session by it. */
  fingerprint?: string | undefined;
  /** What else the client says of it, kept and given back as it is; at most `MAX_METADATA` characters. */
  metadata?: string | null | undefined;
  /** A part of a later final upload: never becomes a file by itself. */
  partial?: boolean | undefined;
  /** The first bytes, at offset 0; null: none in this request. */
  first?: Pick<AppendRequest, "length" | "digests" | "body" | "last"> | null | undefined;
}

/** Characters, inclusive. */
export const MAX_METADATA = 16_384;

/**
 * The whole file in this request costs one commit. When the body breaks, what safely arrived stays as an open
 * session of the caller; a refused body leaves nothing.
 *
 * Throws `sessions-disabled`, what is wrong with the file (`invalid-file-name`, `type-not-allowed`,
 * `unknown-business-type`, `file-too-large`, `invalid-request`), and of the body whatever `appendToUpload` does.
 */
export function beginUpload(_core: Core, _caller: Caller, _request: BeginRequest): Promise<UploadState> {
  return Promise.reject(new Error("not built yet"));
}
