/**
 * The closed catalogue of refusals. Every failure that a caller may see is one of these codes; anything else
 * that is thrown is a defect and is answered as `internal`. Rendering (RFC 9457) is `routes/problem_response.ts`.
 */

import type { Target } from "./audit/entry.ts";

/** Code -> HTTP status and title. A stable contract: codes are never renamed, only added. */
export const PROBLEMS = {
  "invalid-request": [400, "The request is not valid"],
  "invalid-header": [400, "A request header is not valid"],
  "invalid-digest": [400, "The digest header is not valid"],
  "invalid-file-name": [400, "The file name is not valid"],
  "invalid-cursor": [400, "The cursor is not valid"],
  "malformed-body": [400, "The request body cannot be read"],
  "body-incomplete": [400, "The request body ended too early"],
  "unknown-business-type": [400, "The business type is not known"],
  "inconsistent-length": [400, "The lengths of the upload contradict each other"],
  "chunk-out-of-range": [400, "The chunk lies outside the file"],
  "chunk-too-small": [400, "The chunk is too small"],
  "unauthenticated": [401, "Sign in first"],
  "token-invalid": [401, "The access token is not valid"],
  "token-expired": [401, "The access token has expired"],
  "forbidden": [403, "Not allowed"],
  "cross-site": [403, "Requests from other sites are refused"],
  "sessions-disabled": [403, "Upload sessions are switched off"],
  "link-revoked": [403, "The link was taken back"],
  "link-expired": [403, "The link has expired"],
  "link-used-up": [403, "The link is used up"],
  "link-wrong-user": [403, "The link is for somebody else"],
  "link-wrong-address": [403, "The link is for another network"],
  "link-file-deleted": [403, "The link's file is in the recycle bin"],
  "not-found": [404, "Not found"],
  "no-variant": [404, "There is no such variant of this file"],
  "method-not-allowed": [405, "The method is not allowed here"],
  "body-stalled": [408, "The request body stalled"],
  "upload-incomplete": [409, "Bytes are missing"],
  "upload-ended": [409, "The upload has ended"],
  "offset-mismatch": [409, "The upload goes on at another offset"],
  "chunk-conflict": [409, "The bytes differ from those already recorded"],
  "chunk-busy": [409, "Another request is writing this range"],
  "superseded": [409, "A newer request took over"],
  "too-many-tokens": [409, "The file has too many links"],
  "too-many-chunks": [409, "The upload has too many chunks"],
  "attachment-state": [409, "The attachment is not in the right state"],
  "job-running": [409, "The job runs already"],
  "busy": [503, "Too busy right now"],
  "archive-changed": [410, "A file of the archive is gone"],
  "upload-expired": [410, "The upload has expired"],
  "upload-cancelled": [410, "The upload was cancelled"],
  "length-required": [411, "The request body needs a length"],
  "precondition-failed": [412, "A precondition failed"],
  "tus-version": [412, "The request speaks no version of tus that is spoken here"],
  "file-too-large": [413, "The file is too large"],
  "over-daily-limit": [413, "The file is larger than a day's bytes"],
  "chunk-too-large": [413, "The chunk is too large"],
  "body-too-large": [413, "The request body is too large"],
  "unsupported-media-type": [415, "The body has the wrong content type"],
  "content-mismatch": [415, "The content is not what the name says"],
  "type-not-allowed": [415, "This type of file is not allowed here"],
  "range-not-satisfiable": [416, "The range is not satisfiable"],
  "unknown-host": [421, "This server does not answer for that host"],
  "digest-mismatch": [422, "The digest does not match the bytes"],
  "upload-failed": [422, "The upload has failed"],
  "image-too-large": [422, "The picture is too large"],
  "image-unreadable": [422, "The picture cannot be read"],
  "image-unsupported": [422, "This cannot be done to this picture"],
  "checksum-mismatch": [460, "The checksum does not match the bytes"],
  "uploads-at-once": [429, "Too many uploads at once"],
  "uploads-per-minute": [429, "Too many new uploads"],
  "bytes-per-day": [429, "The day's bytes are used up"],
  "internal": [500, "Something went wrong here"],
  "blob-missing": [500, "The stored bytes are missing or damaged"],
  "stopping": [503, "The server is stopping"],
  "issuer-unavailable": [503, "The sign-in service does not answer"],
  "storage-unavailable": [503, "The storage does not answer"],
  "disk-full": [507, "The storage is full"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What a problem may carry beside its code. */
export interface ProblemOptions {
  /** Seconds after which trying again makes sense; rendered as `Retry-After`. */
  retryAfter?: number;
  /** Further members of the problem document, e.g. `missing: [{offset, size}]`. */
  extra?: Record<string, unknown>;
  /** URI of the problem's type where a protocol has one of its own; absent: the page that explains the code. */
  type?: string;
  /** What it is about, for the audit; the caller is not told. */
  about?: Target;
  /** Further response headers, e.g. `Allow`, `Content-Range`, `WWW-Authenticate`. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/**
 * A refusal that the caller is told about.
 * `detail` says the action and the current state, in a sentence that helps the person who has the problem; it
 * never holds internals.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly retryAfter: number | undefined;
  readonly extra: Record<string, unknown>;
  readonly headers: Record<string, string>;
  readonly type: string | undefined;
  readonly about: Target | undefined;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = "Problem";
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
    this.type = options.type;
    this.about = options.about;
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }

  get title(): string {
    return PROBLEMS[this.code][1];
  }
}
