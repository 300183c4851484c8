/** A store that holds something of every kind, put in through the front door. */
import assert from "node:assert/strict";
import { drawing } from "../services/images/pictures.ts";
import { binDeleted } from "../../services/attachments/retention.ts";
import { ADMIN, startApp, type TestApp } from "./app.ts";
import { randomBytes } from "./random_bytes.ts";
import { putFile } from "./stored_files.ts";
import { OFFSET_BYTES } from "./tus.ts";
import { newSession, putChunk, SMALL_CHUNKS } from "./upload_calls.ts";

const KIB = 1024;
const DAY = 24 * 3_600_000;

export interface FullStore {
  /** Ids of attachments. */
  file: string;
  equal: string;
  shared: string;
  deleted: string;
  binned: string;
  /** With a variant; null unless asked for. */
  picture: string | null;
  /** Made of the bytes of two parts. */
  joined: string;
  /** An open session of 16 KiB with chunks at 0, 4 and 12 KiB. */
  open: string;
  ended: string;
  token: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export const startFullApp = (): Promise<TestApp> =>
  startApp({
    pawlJson: { ...SMALL_CHUNKS, images: { engine: "imagescript" }, limits: { uploadsAtOnce: 50 } },
  });

export async function fillStore(
  app: TestApp,
  { pictures = false }: { pictures?: boolean } = {},
): Promise<FullStore> {
  const bytes = randomBytes(16 * KIB, { seed: 7 });
  const file = await putFile(app, { body: "the file", fileName: "file.txt" });
  const equal = await putFile(app, { body: "the file", fileName: "again.txt" });
  const shared = await putFile(app, {
    body: "shared",
    fileName: "shared.txt",
    businessType: "Document",
    businessId: "order 1",
    visibility: "users",
  });
  const deleted = await putFile(app, { body: "deleted" });
  assert.equal((await app.json("DELETE", `/api/v1/attachments/${deleted.id}`)).status, 204);
  const binned = await putFile(app, { body: "binned" });
  assert.equal((await app.json("DELETE", `/api/v1/attachments/${binned.id}`)).status, 204);
  app.clock += 30 * DAY;
  while ((await binDeleted(app.services.core)).more);
  assert.equal(
    (await app.json("POST", `/api/v1/attachments/${deleted.id}/restore`, { user: ADMIN })).status,
    200,
  );
  assert.equal((await app.json("DELETE", `/api/v1/attachments/${deleted.id}`)).status, 204);
  const picture = pictures ? await putPicture(app) : null;

  const open = await newSession(app, { size: bytes.length, fingerprint: "open", sha256: "a".repeat(64) });
  for (const [from, to] of [[0, 4], [4, 8], [12, 16]]) {
    const body = bytes.slice(from! * KIB, to! * KIB);
    assert.equal((await putChunk(app, open, { offset: from! * KIB, body })).status, 200);
  }
  const ended = await newSession(app, { size: 4 });
  assert.equal((await putChunk(app, ended, { offset: 0, body: new Uint8Array(4) })).status, 200);
  assert.equal((await app.json("POST", `/api/v1/uploads/${ended}/complete`)).status, 201);

  const { body: token } = await app.json("POST", `/api/v1/attachments/${file.id}/tokens`, { body: {} });
  const linked = await app.request(new URL(token.url, "http://localhost").pathname, {
    user: null,
    peer: "192.0.2.1",
  });
  assert.equal(await linked.text(), "the file");
  assert.equal(
    (await app.json("POST", "/api/v1/archives", { body: { ids: [file.id, equal.id] } })).status,
    201,
  );
  const joined = await joinParts(app);
  await app.services.core.background.settled();
  return {
    file: file.id,
    equal: equal.id,
    shared: shared.id,
    deleted: deleted.id,
    binned: binned.id,
    picture,
    joined,
    open,
    ended,
    token: token.id,
    bytes,
  };
}

async function putPicture(app: TestApp): Promise<string> {
  const png = new Uint8Array(await drawing({ width: 40, height: 30 }).png().toBuffer());
  const { id } = await putFile(app, { body: png, fileName: "picture.png" });
  const variant = await app.request(`/api/v1/attachments/${id}/content?variant=thumbnail`);
  assert.equal(variant.status, 200);
  await variant.body?.cancel();
  return id;
}

async function joinParts(app: TestApp): Promise<string> {
  const send = async (headers: Record<string, string>, body: Uint8Array<ArrayBuffer> | null) => {
    const response = await app.request("/files", {
      method: "POST",
      headers: {
        "Tus-Resumable": "1.0.0",
        ...(body && { "Content-Type": OFFSET_BYTES, "Content-Length": String(body.length) }),
        ...headers,
      },
      body,
    });
    assert.equal(response.status, 201, await response.text());
    return response.headers.get("Location")!;
  };
  const parts: string[] = [];
  for (const seed of [1, 2]) {
    const body = randomBytes(700 * seed, { seed });
    parts.push(await send({ "Upload-Length": String(body.length), "Upload-Concat": "partial" }, body));
  }
  const address = await send({ "Upload-Concat": `final;${parts.join(" ")}` }, null);
  const { body } = await app.json("GET", `/api/v1/uploads/${address.split("/").at(-1)}`);
  assert.equal(body.status, "completed");
  return body.attachmentId;
}
