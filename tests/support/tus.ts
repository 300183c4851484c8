/** tus requests over a real socket, as the protocol names them. */
import type { TestApp, TestUser } from "./app.ts";
import { ALICE } from "./app.ts";
import { listen, type ListeningApp } from "./listening_app.ts";
import { rawConnect, type RawConnection } from "./raw_http.ts";

export type Fields = Record<string, string | null>;

export interface TusAnswer {
  status: number;
  headers: Headers;
  /** Of a problem document; null for any other answer. */
  code: string | null;
  text: string;
}

export interface TusCall {
  /** null takes a header away that would be sent otherwise. */
  headers?: Fields;
  body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  user?: TestUser | null;
}

export const OFFSET_BYTES = "application/offset+octet-stream";

/** `key base64` pairs. */
export function metadata(values: Record<string, string>): string {
  const encode = (text: string) => new TextEncoder().encode(text).toBase64();
  return Object.entries(values).map(([key, value]) => `${key} ${encode(value)}`).join(",");
}

export interface TusClient extends AsyncDisposable {
  url: URL;
  server: ListeningApp;
  /** Any request; without `Tus-Resumable: 1.0.0` only when that is null. */
  send(method: string, path: string, call?: TusCall): Promise<TusAnswer>;
  /** POST; gives the address. Throws unless it answers 201. */
  create(headers: Fields, call?: Omit<TusCall, "headers">): Promise<string>;
  head(path: string, call?: TusCall): Promise<TusAnswer>;
  patch(path: string, offset: number | string, body: TusCall["body"], call?: TusCall): Promise<TusAnswer>;
  /** A connection on which such a request has begun, for bodies that stall and break. The caller sends its body. */
  begin(method: string, path: string, headers: Fields): Promise<RawConnection>;
  /** `Upload-Offset` of a HEAD. */
  offset(path: string): Promise<number>;
  /** The bytes at the upload's address. */
  bytes(path: string): Promise<Uint8Array>;
}

/** Talks to `app` as `user`. Dispose it before the app. */
export function tusClient(app: TestApp, { user = ALICE }: { user?: TestUser } = {}): TusClient {
  const server = listen(app);
  const fields = (given: Fields) =>
    Object.entries({ "Tus-Resumable": "1.0.0", ...given }).filter(([, value]) => value !== null) as [
      string,
      string,
    ][];

  async function send(method: string, path: string, call: TusCall = {}): Promise<TusAnswer> {
    const headers = new Headers(fields(call.headers ?? {}));
    const as = call.user === undefined ? user : call.user;
    if (as && !headers.has("Authorization")) headers.set("Authorization", `Bearer ${await app.token(as)}`);
    const response = await fetch(new URL(path, server.url), {
      method,
      headers,
      redirect: "manual",
      ...(call.body ? { body: call.body } : {}),
    });
    const text = await response.text();
    const isProblem = response.headers.get("Content-Type") === "application/problem+json" && text !== "";
    return {
      status: response.status,
      headers: response.headers,
      code: isProblem ? JSON.parse(text).code : null,
      text,
    };
  }

  return {
    url: server.url,
    server,
    send,
    async create(headers, call = {}) {
      const answer = await send("POST", "/files", { ...call, headers });
      if (answer.status !== 201) throw new Error(`POST /files answers ${answer.status}: ${answer.text}`);
      return answer.headers.get("Location")!;
    },
    head: (path, call) => send("HEAD", path, call),
    patch: (path, offset, body, call = {}) =>
      send("PATCH", path, {
        ...call,
        body: body ?? null,
        headers: { "Content-Type": OFFSET_BYTES, "Upload-Offset": String(offset), ...call.headers },
      }),
    async begin(method, path, headers) {
      const connection = await rawConnect(server.url);
      const lines = [
        `${method} ${path} HTTP/1.1`,
        ...fields(headers).map(([name, value]) => `${name}: ${value}`),
      ];
      await connection.send(await server.head(lines, user));
      return connection;
    },
    async offset(path) {
      const { status, headers } = await send("HEAD", path);
      if (status !== 200) throw new Error(`HEAD ${path} answers ${status}`);
      return Number(headers.get("Upload-Offset"));
    },
    async bytes(path) {
      const response = await fetch(new URL(path, server.url), {
        headers: { Authorization: `Bearer ${await app.token(user)}` },
      });
      const bytes = await response.bytes();
      if (response.status !== 200) throw new Error(`GET ${path} answers ${response.status}`);
      return bytes;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
