/** ZIPs of many attachments, as tests make them. */
import assert from "node:assert/strict";
import type { TestApp } from "./app.ts";

/** The id of a new file of that name. */
export async function put(
  app: TestApp,
  name: string,
  bytes: Uint8Array<ArrayBuffer> | string,
): Promise<string> {
  const answer = await app.request(`/api/v1/files/${encodeURIComponent(name)}`, {
    method: "PUT",
    body: bytes,
  });
  assert.equal(answer.status, 201);
  return (await answer.json()).id;
}

/** The answer to the creation. */
export async function archive(app: TestApp, ids: string[], fileName?: string) {
  const { status, body } = await app.json("POST", "/api/v1/archives", { body: { ids, fileName } });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}
