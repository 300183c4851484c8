/** The upload routes as tests speak of them, and a look into the data directory behind them. */
import { createHash } from "node:crypto";
import type { Answer, TestApp, TestUser } from "./app.ts";

const UPLOADS = "/api/v1/uploads";

/** Settings under which small bodies are chunks. */
export const SMALL_CHUNKS = { chunks: { min: "1 KiB", default: "4 KiB", max: "64 KiB" } };

/** `POST /uploads`; by default of a file `file.bin`. */
export function openUpload(
  app: TestApp,
  fields: Record<string, unknown>,
  { user }: { user?: TestUser | null } = {},
): Promise<Answer> {
  return app.json("POST", UPLOADS, {
    body: { fileName: "file.bin", ...fields },
    ...(user === undefined ? {} : { user }),
  });
}

/** The id of a new session. */
export async function newSession(app: TestApp, fields: Record<string, unknown>): Promise<string> {
  const { status, body } = await openUpload(app, { ...fields, forceNew: true });
  if (status !== 201) throw new Error(`no session: ${status} ${JSON.stringify(body)}`);
  return body.id;
}

export interface ChunkCall {
  offset: number | string;
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  headers?: Record<string, string>;
  user?: TestUser | null;
  /** Leaves the length out, as chunked transfer encoding does. */
  withoutLength?: boolean;
}

export async function putChunk(
  app: TestApp,
  id: string,
  { offset, body, headers = {}, user, withoutLength = false }: ChunkCall,
): Promise<Answer> {
  const length: Record<string, string> = !(body instanceof Uint8Array)
    ? {}
    : withoutLength
    ? { "Transfer-Encoding": "chunked" }
    : { "Content-Length": String(body.length) };
  return await answer(
    await app.request(`${UPLOADS}/${id}/chunks/${offset}`, {
      method: "PUT",
      body,
      headers: { ...length, ...headers },
      ...(user === undefined ? {} : { user }),
    }),
  );
}

export async function answer(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? null : JSON.parse(text),
  };
}

export const showUpload = (app: TestApp, id: string) => app.json("GET", `${UPLOADS}/${id}`);
export const cancelUpload = (app: TestApp, id: string) => app.json("DELETE", `${UPLOADS}/${id}`);
export const completeUpload = (app: TestApp, id: string, body?: Record<string, unknown>) =>
  app.json("POST", `${UPLOADS}/${id}/complete`, { body });

/** What of a file the server says it has. */
export async function received(app: TestApp, id: string): Promise<{ offset: number; size: number }[]> {
  return (await showUpload(app, id)).body.received;
}

/** `[status, code]` of an answer; the code is undefined when it is no problem. */
export const outcome = ({ status, body }: Answer): [number, string | undefined] => [status, body?.code];

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** `name=:base64:`, as Content-Digest and Repr-Digest want it. */
export function digestField(name: "sha-256" | "sha-512" | "md5", bytes: Uint8Array): string {
  return `${name}=:${createHash(name.replace("-", "")).update(bytes).digest("base64")}:`;
}

/** The bytes of an attachment as a download gives them. */
export async function contentOf(app: TestApp, attachment: { url: string }): Promise<Uint8Array> {
  const response = await app.request(attachment.url);
  if (response.status !== 200) throw new Error(`no content: ${response.status} ${await response.text()}`);
  return await response.bytes();
}

/** Sizes of the files that hold bytes in the data directory, sorted. */
export async function storedSizes(app: TestApp): Promise<number[]> {
  const sizes: number[] = [];
  const blobs = `${app.config.dataDir}/blobs`;
  for await (const day of Deno.readDir(blobs)) {
    for await (const file of Deno.readDir(`${blobs}/${day.name}`)) {
      sizes.push((await Deno.stat(`${blobs}/${day.name}/${file.name}`)).size);
    }
  }
  return sizes.sort((a, b) => a - b);
}

/** How many single requests the store remembers as begun. */
export async function begun(app: TestApp): Promise<number> {
  return (await app.services.core.blobs.unsettled()).length;
}

/** A body that a test feeds by hand. */
export interface HandFed {
  stream: ReadableStream<Uint8Array>;
  send(bytes: Uint8Array): void;
  end(): void;
  break(): void;
  /** Resolves when the reader has given the body up. */
  cancelled: Promise<void>;
}

export function handFed(): HandFed {
  const cancelled = Promise.withResolvers<void>();
  let controller: ReadableByteStreamController;
  const stream = new ReadableStream<Uint8Array>({
    type: "bytes",
    start: (given) => void (controller = given as ReadableByteStreamController),
    cancel: () => cancelled.resolve(),
  });
  return {
    stream,
    send: (bytes) => controller.enqueue(bytes.slice() as Uint8Array<ArrayBuffer>),
    end() {
      controller.close();
      controller.byobRequest?.respond(0);
    },
    break: () => controller.error(new Error("connection reset")),
    cancelled: cancelled.promise,
  };
}

/** Asks again until it is so; throws after 20 s, so that what never comes fails the test. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`this never came: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
