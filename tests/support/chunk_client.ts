/**
 * A small client of the upload API over `fetch`, for tests that care for what was acknowledged: it returns when an
 * answer has been read to its end, and throws when the connection breaks before.
 */
import { createHash } from "node:crypto";

export interface Answer {
  status: number;
  headers: Headers;
  /** JSON, or null when there is none. */
  // deno-lint-ignore no-explicit-any
  body: any;
}

export interface ChunkClient {
  /** Sends one request; `json` becomes its body. */
  send(
    method: string,
    path: string,
    init?: Omit<RequestInit, "method"> & { json?: unknown },
  ): Promise<Answer>;
  /** Opens a session; `file` are the fields of `POST /api/v1/uploads`. */
  open(file: { fileName: string; size: number } & Record<string, unknown>): Promise<Answer>;
  session(id: string): Promise<Answer>;
  /** One chunk. `digest` adds the Content-Digest; `pauseMs` sends it in 16 KiB pieces with pauses, without a length. */
  put(
    at: { id: string; offset: number },
    bytes: Uint8Array<ArrayBuffer>,
    options?: { digest?: boolean; pauseMs?: number; signal?: AbortSignal },
  ): Promise<Answer>;
  complete(id: string, sha256?: string): Promise<Answer>;
  /** One whole file in one request. */
  file(fileName: string, bytes: Uint8Array<ArrayBuffer>): Promise<Answer>;
  /** All live attachments of the caller, newest first. */
  // deno-lint-ignore no-explicit-any
  list(): Promise<any[]>;
  /** The bytes of an attachment; throws unless the answer is 200 and whole. */
  download(id: string): Promise<Uint8Array>;
}

const PIECE_BYTES = 16 * 1024;

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function contentDigest(bytes: Uint8Array): string {
  return `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;
}

/** `bytes` as a stream of pieces with a pause before each; it ends when it is cancelled. */
export function slowly(
  bytes: Uint8Array<ArrayBuffer>,
  { pauseMs, pieceBytes = PIECE_BYTES }: { pauseMs: number; pieceBytes?: number },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  let wake = () => {};
  return new ReadableStream({
    async pull(controller) {
      if (at >= bytes.length) return controller.close();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
    cancel: () => wake(),
  }, { highWaterMark: 0 });
}

/** `url` is asked before each request: a server started again listens elsewhere. */
export function chunkClient({ url, token }: { url: () => URL; token: string }): ChunkClient {
  const authorization = `Bearer ${token}`;

  const send: ChunkClient["send"] = async (method, path, { json, ...init } = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", authorization);
    if (json !== undefined) headers.set("content-type", "application/json");
    const body = json === undefined ? init.body : JSON.stringify(json);
    const response = await fetch(new URL(path, url()), { ...init, method, headers, body });
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== "" ? JSON.parse(text) : null,
    };
  };

  return {
    send,
    open: (file) => send("POST", "/api/v1/uploads", { json: file }),
    session: (id) => send("GET", `/api/v1/uploads/${id}`),
    put({ id, offset }, bytes, { digest = false, pauseMs, signal } = {}) {
      const headers: Record<string, string> = digest ? { "content-digest": contentDigest(bytes) } : {};
      const body = pauseMs === undefined ? bytes : slowly(bytes, { pauseMs });
      return send("PUT", `/api/v1/uploads/${id}/chunks/${offset}`, { headers, body, signal });
    },
    complete: (id, sha256) =>
      send("POST", `/api/v1/uploads/${id}/complete`, sha256 === undefined ? {} : { json: { sha256 } }),
    file: (fileName, bytes) => send("PUT", `/api/v1/files/${fileName}`, { body: bytes }),
    async list() {
      const all = [];
      for (let cursor = "";;) {
        const { status, body } = await send("GET", `/api/v1/attachments?limit=100${cursor}`);
        if (status !== 200) throw new Error(`the list answers ${status}: ${JSON.stringify(body)}`);
        all.push(...body.items);
        if (body.cursor === null) return all;
        cursor = `&cursor=${body.cursor}`;
      }
    },
    async download(id) {
      const response = await fetch(new URL(`/api/v1/attachments/${id}/content`, url()), {
        headers: { authorization },
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 200) throw new Error(`the download of ${id} answers ${response.status}`);
      return bytes;
    },
  };
}
