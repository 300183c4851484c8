/** The steps of an upload through the front door, for tests whose subject is something else. */
import assert from "node:assert/strict";
import type { TestApp, TestUser } from "./app.ts";

interface As {
  user?: TestUser;
}

/** Opens a session; fails unless it is a new one. */
export async function openSession(
  app: TestApp,
  { user, ...body }: As & { size: number; sha256?: string; fingerprint?: string },
): Promise<string> {
  const { status, body: session } = await app.json("POST", "/api/v1/uploads", {
    body: { fileName: "file.bin", ...body },
    ...(user && { user }),
  });
  assert.equal(status, 201);
  return session.id;
}

/** With its length, as clients send it. */
export async function putChunk(
  app: TestApp,
  { id, offset = 0, body, user }: As & { id: string; offset?: number; body: Uint8Array<ArrayBuffer> },
): Promise<{ status: number; code: string | null }> {
  const response = await app.request(`/api/v1/uploads/${id}/chunks/${offset}`, {
    method: "PUT",
    body,
    headers: { "Content-Length": String(body.length) },
    ...(user && { user }),
  });
  return { status: response.status, code: (await response.json()).code ?? null };
}

/** A session that has all its bytes and waits to be completed. */
export async function wholeSession(
  app: TestApp,
  { bytes, user }: As & { bytes: Uint8Array<ArrayBuffer> },
): Promise<string> {
  const id = await openSession(app, { size: bytes.length, ...(user && { user }) });
  assert.equal((await putChunk(app, { id, body: bytes, ...(user && { user }) })).status, 200);
  return id;
}

export async function complete(
  app: TestApp,
  { id, user }: As & { id: string },
): Promise<{ status: number; code: string | null; attachmentId: string | null }> {
  const { status, body } = await app.json("POST", `/api/v1/uploads/${id}/complete`, user && { user });
  return { status, code: body.code ?? null, attachmentId: status < 300 ? body.id : null };
}

/** One whole file; gives the attachment's id. */
export async function uploadFile(
  app: TestApp,
  { bytes, user }: As & { bytes: Uint8Array<ArrayBuffer> },
): Promise<string> {
  const response = await app.request("/api/v1/files/file.bin", {
    method: "PUT",
    body: bytes,
    ...(user && { user }),
  });
  const body = await response.json();
  assert.equal(response.status, 201, body.detail);
  return body.id;
}

export async function purge(app: TestApp, id: string): Promise<number> {
  return (await app.json("DELETE", `/api/v1/attachments/${id}?permanent=true`)).status;
}

/** The bytes of an attachment; fails unless they are given whole. */
export async function download(app: TestApp, id: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await app.request(`/api/v1/attachments/${id}/content`);
  const bytes = await response.bytes();
  assert.equal(response.status, 200);
  return bytes;
}
