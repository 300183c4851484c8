/** What goes wrong, in one shape: refusals of the server (RFC 9457) and what the library itself finds out. */

/**
 * What this library reports itself, beside the server's codes:
 * - `network`: the server cannot be reached, or the connection broke, and no tries are left.
 * - `stalled`: no byte moved for too long, and no tries are left.
 * - `unexpected-answer`: what answered does not speak this API (a proxy's error page, say).
 * - `cancelled`: `cancel()` or `stop()` was called.
 * - `source-changed`: the file was changed while it was being sent.
 * - `source-unreadable`: the file cannot be read (any more).
 * - `content-differs`: the server holds other bytes for this upload than the file has.
 * - `download-changed`: the file at the server changed while it was being fetched.
 * - `download-damaged`: what was fetched does not have the digest that the server names.
 * - `destination`: what was fetched cannot be written.
 * - `unsupported`: this runtime cannot do what was asked for.
 */
export type ClientErrorCode =
  | "network"
  | "stalled"
  | "unexpected-answer"
  | "cancelled"
  | "source-changed"
  | "source-unreadable"
  | "content-differs"
  | "download-changed"
  | "download-damaged"
  | "destination"
  | "unsupported";

/** What an error carries beside its code and sentence. */
export interface PawlErrorOptions {
  /** HTTP status; 0 when there was no answer. */
  status?: number;
  title?: string;
  /** Seconds. */
  retryAfter?: number | null;
  requestId?: string | null;
  extra?: Record<string, unknown>;
  cause?: unknown;
}

/** The one error this library throws and rejects with, except a `signal`'s own reason. */
export class PawlError extends Error {
  /** Stable: a code of the server (`/docs/problems` of a running one) or a `ClientErrorCode`. Decide by this. */
  readonly code: ClientErrorCode | (string & Record<never, never>);
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** A few words for the code, in English; "" when the server sent none. */
  readonly title: string;
  /** What happened and what to do, in a sentence; the same as `message`. */
  readonly detail: string;
  /** Seconds after which trying again makes sense; null when the server did not say. */
  readonly retryAfter: number | null;
  /** The server's id of the request, for searching its logs; null when there was no answer. */
  readonly requestId: string | null;
  /** Further members of the problem document, e.g. `missing` of `upload-incomplete`, or the limit that was met. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: PawlError["code"], detail: string, options: PawlErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = "PawlError";
    this.code = code;
    this.status = options.status ?? 0;
    this.title = options.title ?? "";
    this.detail = detail;
    this.retryAfter = options.retryAfter ?? null;
    this.requestId = options.requestId ?? null;
    this.extra = options.extra ?? {};
  }
}
