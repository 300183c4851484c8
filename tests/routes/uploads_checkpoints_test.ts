import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import {
  completeUpload,
  digestField,
  handFed,
  newSession,
  putChunk,
  received,
  sha256,
  storedSizes,
  until,
} from "../support/upload_calls.ts";

const MIB = 2 ** 20;
const SIZE = 10 * MIB;
const FILE = randomBytes(SIZE, { seed: 1 });

Deno.test("without a digest bytes count after each 8 MiB, while the body still comes, in one record that grows", async () => {
  await using app = await startApp();
  const id = await newSession(app, { size: SIZE });
  const body = handFed();
  const writing = putChunk(app, id, {
    offset: 0,
    body: body.stream,
    headers: { "Content-Length": `${SIZE}` },
  });
  body.send(FILE.slice(0, 9 * MIB));
  await until(async () => (await received(app, id)).length === 1);
  const [counted] = await received(app, id);
  assert.ok(counted!.size >= 8 * MIB && counted!.size <= 9 * MIB, `${counted!.size}`);
  const chunks = async () => (await app.json("GET", `/api/v1/uploads/${id}/chunks`)).body.items;
  const [chunk, ...others] = await chunks();
  assert.deepEqual([chunk.offset, chunk.sha256, others], [0, sha256(FILE.slice(0, chunk.size)), []]);
  body.send(FILE.slice(9 * MIB));
  body.end();
  assert.equal((await writing).status, 200);
  assert.deepEqual(await chunks(), [{ offset: 0, size: SIZE, sha256: sha256(FILE) }]);
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

Deno.test("without a digest bytes of a slow body count after a second", async () => {
  await using app = await startApp();
  const id = await newSession(app, { size: SIZE });
  const body = handFed();
  const writing = putChunk(app, id, {
    offset: 0,
    body: body.stream,
    headers: { "Content-Length": `${SIZE}` },
  });
  let sent = 0;
  while ((await received(app, id)).length === 0) {
    assert.ok(sent < MIB, "a whole MiB came and does not count");
    body.send(FILE.slice(sent, sent + 1000));
    sent += 1000;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await until(async () => (await storedSizes(app))[0] === sent);
  body.break();
  assert.equal((await writing).body.code, "body-incomplete");
  assert.deepEqual(await received(app, id), [{ offset: 0, size: sent }]);
});

Deno.test("with a digest nothing counts before the last byte has come", async () => {
  await using app = await startApp();
  const id = await newSession(app, { size: SIZE });
  const body = handFed();
  const headers = { "Content-Length": `${SIZE}`, "Content-Digest": digestField("sha-256", FILE) };
  const writing = putChunk(app, id, { offset: 0, body: body.stream, headers });
  body.send(FILE.slice(0, SIZE - 1));
  await until(async () => (await storedSizes(app))[0] === SIZE - 1);
  assert.deepEqual(await received(app, id), []);
  body.send(FILE.slice(SIZE - 1));
  body.end();
  assert.equal((await writing).status, 200);
  assert.deepEqual(await received(app, id), [{ offset: 0, size: SIZE }]);
});
