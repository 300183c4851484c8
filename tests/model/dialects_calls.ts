/** What `dialects_test.ts` sends to `/files`, in the words of either protocol. */
import { createHash } from "node:crypto";
import type { TestApp } from "../support/app.ts";
import { OFFSET_BYTES } from "../support/tus.ts";
import type * as m from "./dialects_model.ts";

export type Dialect = "tus" | "ietf";

interface Sent {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The answer's headers, and the code of a refusal. */
export async function send(app: TestApp, dialect: Dialect, { method, path, headers = {}, body }: Sent) {
  const speaks: Record<string, string> = dialect === "tus"
    ? { "Tus-Resumable": "1.0.0" }
    : { "Upload-Draft-Interop-Version": "8" };
  const answer = await app.request(path, { method, headers: { ...speaks, ...headers }, body: body ?? null });
  const text = await answer.text();
  const isProblem = answer.headers.get("Content-Type") === "application/problem+json" && text !== "";
  const code: string | null = isProblem ? JSON.parse(text).code : null;
  return {
    status: answer.status,
    headers: answer.headers,
    code: code === "checksum-mismatch" ? "digest-mismatch" : code,
  };
}

/** In one piece; breaks after `breaksAt` bytes. */
export function bodyStream(bytes: Uint8Array<ArrayBuffer>, breaksAt: number | null) {
  const part = breaksAt === null ? bytes : bytes.slice(0, breaksAt);
  let sent = part.length === 0;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (!sent) controller.enqueue(part);
      else if (breaksAt === null) controller.close();
      else controller.error(new Error("the connection broke"));
      sent = true;
    },
  });
}

/** Headers of an append or a creation with these bytes, but for the offset and the media type. */
export function headersOf(
  dialect: Dialect,
  made: Omit<m.Append, "offset" | "breaksAt" | "strict">,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (made.sized) headers["Content-Length"] = `${made.body.length}`;
  if (made.size !== null) headers["Upload-Length"] = `${made.size}`;
  if (dialect === "ietf") headers["Upload-Complete"] = made.last ? "?1" : "?0";
  if (made.digest !== "none") {
    const digested = made.digest === "right" ? made.body : Uint8Array.of(...made.body, 1);
    const sha256 = createHash("sha256").update(digested).digest("base64");
    if (dialect === "tus") headers["Upload-Checksum"] = `sha256 ${sha256}`;
    else headers["Content-Digest"] = `sha-256=:${sha256}:`;
  }
  return headers;
}

export type Made = Omit<m.Append, "strict" | "body"> & { body: Uint8Array<ArrayBuffer> };

/** An append of nothing at `offset`, with nothing special about it. */
export const plainAt = (offset: number): Made => ({
  offset,
  body: new Uint8Array(),
  sized: true,
  size: null,
  last: false,
  digest: "none",
  breaksAt: null,
});

/** `stream` instead of its bytes, for a body that the test goes on with. */
export async function sendAppend(
  app: TestApp,
  { dialect, session, made, stream }: {
    dialect: Dialect;
    session: m.Session;
    made: Made;
    stream?: ReadableStream<Uint8Array<ArrayBuffer>>;
  },
) {
  return await send(app, dialect, {
    method: "PATCH",
    path: `/files/${session.id}`,
    headers: {
      ...headersOf(dialect, made),
      "Content-Type": dialect === "tus" ? OFFSET_BYTES : "application/partial-upload",
      "Upload-Offset": `${made.offset}`,
    },
    body: stream ?? bodyStream(made.body, made.breaksAt),
  });
}
