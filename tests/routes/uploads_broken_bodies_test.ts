import assert from "node:assert/strict";
import { ALICE, startApp, type TestApp } from "../support/app.ts";
import { listen } from "../support/listening_app.ts";
import { startProxy } from "../support/proxy.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { rawConnect } from "../support/raw_http.ts";
import {
  completeUpload,
  digestField,
  newSession,
  putChunk,
  received,
  sha256,
  storedSizes,
  until,
} from "../support/upload_calls.ts";

const SIZE = 3 * 2 ** 20;
const FILE = randomBytes(SIZE, { seed: 1 });
const SENT = 1_234_567;

interface Broken {
  offset?: number;
  headers?: string[];
  sent: Uint8Array;
  /** Bytes of the file among those sent, when there are others. */
  content?: number;
}

/** Sends a head and a part of its body over a socket, and leaves when the server has written that part. */
async function sendAndLeave(
  app: TestApp,
  id: string,
  { offset = 0, headers, sent, content = sent.length }: Broken,
) {
  await using server = listen(app);
  {
    using connection = await rawConnect(server.url);
    const lines = [
      `PUT /api/v1/uploads/${id}/chunks/${offset} HTTP/1.1`,
      ...(headers ?? [`Content-Length: ${SIZE - offset}`]),
    ];
    await connection.send(await server.head(lines, ALICE));
    await connection.send(sent);
    if (content > 0) await until(async () => (await storedSizes(app))[0] === offset + content);
    await connection.halfClose();
    await connection.rest();
  }
  await server.answered(1);
}

Deno.test("without a digest all that arrived before the connection broke counts", async () => {
  await using app = await startApp();
  const id = await newSession(app, { size: SIZE });
  await sendAndLeave(app, id, { sent: FILE.slice(0, SENT) });
  assert.deepEqual(await received(app, id), [{ offset: 0, size: SENT }]);
  const { body } = await app.json("GET", `/api/v1/uploads/${id}/chunks`);
  assert.deepEqual(body.items, [{ offset: 0, size: SENT, sha256: sha256(FILE.slice(0, SENT)) }]);

  await putChunk(app, id, { offset: SENT, body: FILE.slice(SENT) });
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

Deno.test("without a digest even a few bytes count, though no whole chunk may be that small", async () => {
  await using app = await startApp();
  const id = await newSession(app, { size: SIZE });
  await sendAndLeave(app, id, { offset: 1_000_000, sent: FILE.slice(1_000_000, 1_000_003) });
  assert.deepEqual(await received(app, id), [{ offset: 1_000_000, size: 3 }]);
});

Deno.test("with a digest nothing counts when the connection breaks before the end", async () => {
  await using app = await startApp();
  const id = await newSession(app, { size: SIZE });
  const headers = [`Content-Length: ${SIZE}`, `Content-Digest: ${digestField("sha-256", FILE)}`];
  await sendAndLeave(app, id, { headers, sent: FILE.slice(0, SIZE - 1) });
  assert.deepEqual(await received(app, id), []);
  assert.equal((await putChunk(app, id, { offset: 0, body: FILE })).status, 200);
});

Deno.test("a break before the first byte leaves nothing behind", async () => {
  await using app = await startApp();
  const id = await newSession(app, { size: SIZE });
  await sendAndLeave(app, id, { sent: new Uint8Array(0) });
  assert.deepEqual(await received(app, id), []);
  assert.deepEqual(await storedSizes(app), []);
});

Deno.test("a body in pieces that ends without its last piece was broken; what came counts", async () => {
  await using app = await startApp();
  const id = await newSession(app, { size: SIZE });
  const piece = new TextEncoder().encode(`${(300_000).toString(16)}\r\n`);
  const sent = new Uint8Array([...piece, ...FILE.slice(0, 300_000), 13, 10]);
  await sendAndLeave(app, id, { headers: ["Transfer-Encoding: chunked"], sent, content: 300_000 });
  assert.deepEqual(await received(app, id), [{ offset: 0, size: 300_000 }]);
});

Deno.test("a body in pieces over a socket is taken whole when it ends as it should", async () => {
  await using app = await startApp();
  await using server = listen(app);
  const id = await newSession(app, { size: SIZE });
  using connection = await rawConnect(server.url);
  const lines = [`PUT /api/v1/uploads/${id}/chunks/0 HTTP/1.1`, "Transfer-Encoding: chunked"];
  await connection.send(await server.head(lines, ALICE));
  for (const [from, to] of [[0, 1], [1, 700_000], [700_000, SIZE]] as const) {
    await connection.send(`${(to - from).toString(16)}\r\n`);
    await connection.send(FILE.slice(from, to));
    await connection.send("\r\n");
  }
  await connection.send("0\r\n\r\n");
  assert.equal((await connection.response())?.status, 200);
  assert.deepEqual(await received(app, id), [{ offset: 0, size: SIZE }]);
});

Deno.test("an upload comes through a network that breaks every connection, and loses no ground", async () => {
  await using app = await startApp();
  await using server = listen(app);
  await using proxy = await startProxy(server.url);
  const id = await newSession(app, { size: SIZE });
  const authorization = `Bearer ${await app.token(ALICE)}`;
  let front = 0;
  for (let attempt = 1; front < SIZE; attempt++) {
    assert.ok(attempt < 30, `only ${front} bytes after ${attempt} attempts`);
    proxy.setFault({ kind: "cut", direction: "up", bytes: 500_000, reset: attempt % 2 === 1 });
    try {
      const response = await fetch(new URL(`/api/v1/uploads/${id}/chunks/${front}`, proxy.url), {
        method: "PUT",
        body: FILE.slice(front),
        headers: { authorization, connection: "close" },
      });
      await response.body?.cancel();
    } catch {
      // That is what this network does.
    }
    await server.answered(attempt);
    const spans = await received(app, id);
    assert.ok(spans.length <= 1 && (spans[0]?.size ?? 0) >= front, JSON.stringify(spans));
    front = spans[0]?.size ?? 0;
  }
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});
