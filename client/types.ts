/** A connection and its calls; transfers are in `upload_types.ts` and `download_types.ts`. */
import type {
  AccessToken,
  AccessTokenRequest,
  Archive,
  Attachment,
  AttachmentChange,
  AttachmentQuery,
  BrowserSession,
  BusinessType,
  Chunk,
  DeleteResult,
  NewAccessToken,
  Page,
  PageQuery,
  RestoreResult,
  UploadSession,
} from "./api_types.ts";
import type { Download, DownloadOptions } from "./download_types.ts";
import type { StreamUploadOptions, Upload, UploadOptions, UploadSource } from "./upload_types.ts";

export interface ConnectOptions {
  /** Where the server is, e.g. `https://files.example.org/`. In a page the default is its own origin. */
  baseUrl?: string | URL;
  /**
   * An access token, or what gives one. A function is asked before the first request and again after a 401, once for
   * all requests that wait for it; so a token that expires in the middle of an upload is renewed. Absent: no
   * `Authorization` header, as with a page's cookie.
   */
  token?: string | (() => string | Promise<string>);
  /** For `fetch` and XMLHttpRequest in browsers; default `same-origin`. */
  credentials?: RequestCredentials;
  /** Default: the runtime's own. With one of your own, uploads go through it too (and show progress by chunks). */
  fetch?: typeof globalThis.fetch;
  /** Sent with every request to the server. */
  headers?: Record<string, string>;
  /**
   * Address of the hashing worker (`hash_worker.js`, see client/README.md) in browsers. Default: beside this module,
   * as bundlers understand `new URL("./hash_worker.js", import.meta.url)`. null: hash in the page itself, in small
   * pieces. A worker that cannot be started means the same as null.
   */
  hashWorkerUrl?: string | URL | null;
}

/** A connection to one server; holds no socket and needs no closing. */
export interface Pawl {
  readonly baseUrl: URL;
  /** Starts at once. Never throws: what goes wrong rejects `result`. */
  upload(source: UploadSource, options?: UploadOptions): Upload;
  /**
   * A whole file in one request, for a stream of unknown length. It cannot be resumed and is tried once. Not in
   * browsers, whose `fetch` takes no stream over HTTP/1.1: code `unsupported` there.
   */
  uploadStream(stream: ReadableStream<Uint8Array>, options: StreamUploadOptions): Promise<Attachment>;
  /** Starts at once. `what` is an attachment, its id, or an address (`/d/...` or a whole URL). */
  download(what: Attachment | string, options?: DownloadOptions): Download;
  readonly attachments: AttachmentCalls;
  readonly uploads: UploadCalls;
  readonly tokens: TokenCalls;
  readonly archives: ArchiveCalls;
  readonly session: SessionCalls;
  /** Milliseconds until an empty answer came. */
  ping(options?: CallOptions): Promise<number>;
  /** What may be uploaded as what, `General` first. */
  businessTypes(options?: CallOptions): Promise<BusinessType[]>;
  /** Any other route of the API: `path` is relative to `baseUrl`. Gives the JSON, undefined for an empty answer. */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Tries beside the first; what cannot be repeated safely is not. Default 2. */
  retries?: number;
}

export interface RequestOptions extends CallOptions {
  query?: Record<string, string | number | boolean | null | undefined>;
  /** Sent as JSON. */
  json?: unknown;
}

export interface AttachmentCalls {
  list(query?: AttachmentQuery, options?: CallOptions): Promise<Page<Attachment>>;
  /** All of them, page by page as they are asked for. */
  all(query?: AttachmentQuery, options?: CallOptions): AsyncGenerator<Attachment, void, undefined>;
  get(id: string, options?: CallOptions): Promise<Attachment>;
  change(id: string, change: AttachmentChange, options?: CallOptions): Promise<Attachment>;
  /** Into the recycle bin; `permanent`: at once and for good. */
  delete(id: string, options?: CallOptions & { permanent?: boolean }): Promise<void>;
  /**
   * Into the recycle bin, or gone for good; 1,000 in one request, more in several. Results are in the order of `ids`. A
   * repetition after a lost answer may say of some that they were not there any more.
   */
  deleteMany(
    ids: readonly string[],
    options?: CallOptions & { permanent?: boolean },
  ): Promise<DeleteResult[]>;
  restore(id: string, options?: CallOptions): Promise<Attachment>;
  /** As `deleteMany`. */
  restoreMany(ids: readonly string[], options?: CallOptions): Promise<RestoreResult[]>;
  /** Address of the bytes, for links, pictures and media. `fileName`: the name it is saved under. */
  contentUrl(
    attachment: Attachment | string,
    options?: { download?: boolean; fileName?: string; variant?: string },
  ): string;
}

export interface UploadCalls {
  /** Your open sessions, newest first. */
  list(query?: PageQuery, options?: CallOptions): Promise<Page<UploadSession>>;
  all(query?: PageQuery, options?: CallOptions): AsyncGenerator<UploadSession, void, undefined>;
  get(id: string, options?: CallOptions): Promise<UploadSession>;
  /** The recorded chunks by offset. */
  chunks(id: string, options?: CallOptions): AsyncGenerator<Chunk, void, undefined>;
  /** Ends it and frees its bytes. */
  cancel(id: string, options?: CallOptions): Promise<void>;
}

export interface TokenCalls {
  create(attachmentId: string, request?: AccessTokenRequest, options?: CallOptions): Promise<NewAccessToken>;
  list(
    attachmentId: string,
    query?: PageQuery,
    options?: CallOptions,
  ): AsyncGenerator<AccessToken, void, undefined>;
  revoke(id: string, options?: CallOptions): Promise<void>;
}

export interface ArchiveCalls {
  /** Of any number of attachments; kept for 24 hours. Give its `url` to `download`. */
  create(ids: readonly string[], options?: CallOptions & { fileName?: string }): Promise<Archive>;
  /** Address of a ZIP of up to 100 attachments, for links; nothing is created. */
  contentUrl(ids: readonly string[], options?: { fileName?: string }): string;
}

/** The browser's cookie. */
export interface SessionCalls {
  get(options?: CallOptions): Promise<BrowserSession>;
  /** `token` becomes a cookie; without one the cookie there is is renewed. */
  open(token?: string, options?: CallOptions): Promise<BrowserSession>;
  /** Signs out. */
  close(options?: CallOptions): Promise<void>;
}
