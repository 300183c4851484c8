import assert from "node:assert/strict";
import { ALICE, startApp, type TestApp } from "../support/app.ts";
import { listen, type ListeningApp } from "../support/listening_app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { rawConnect, type RawConnection } from "../support/raw_http.ts";
import {
  completeUpload,
  digestField,
  handFed,
  newSession,
  outcome,
  putChunk,
  received,
  sha256,
  SMALL_CHUNKS,
  storedSizes,
  until,
} from "../support/upload_calls.ts";

const SIZE = 40_000;
const FILE = randomBytes(SIZE, { seed: 1 });
const SILENCE = 5000;

interface Held {
  connection: RawConnection;
  /** Status and code of its answer. */
  outcome(): Promise<[number, string]>;
}

/** A request on [`from`, `to`) that has sent its bytes up to `sent`, which are written, and is silent from now on. */
async function hold(
  { app, server, id }: { app: TestApp; server: ListeningApp; id: string },
  { from, to, sent, headers = [] }: { from: number; to: number; sent: number; headers?: string[] },
): Promise<Held> {
  const connection = await rawConnect(server.url);
  const lines = [`PUT /api/v1/uploads/${id}/chunks/${from} HTTP/1.1`, `Content-Length: ${to - from}`];
  await connection.send(await server.head([...lines, ...headers], ALICE));
  await connection.send(FILE.slice(from, sent));
  await until(async () => ((await storedSizes(app)).at(-1) ?? 0) >= sent);
  // The file is long enough before the writer hears of it, which a busy disk can put off for long.
  await until(() => {
    const claims = app.services.core.live.peek(id)?.claims;
    return claims?.waiting === claims?.size;
  });
  return {
    connection,
    async outcome() {
      const response = await connection.response();
      return [response!.status, JSON.parse(new TextDecoder().decode(response!.body)).code];
    },
  };
}

const start = () => startApp({ pawlJson: SMALL_CHUNKS });

Deno.test("a live holder keeps its range: others are told when to come again, and what they sent does not count", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const body = handFed();
  const holder = putChunk(app, id, { offset: 0, body: body.stream, headers: { "Content-Length": "20000" } });
  await until(() => app.services.core.live.peek(id)?.claims.size === 1);
  let rival = await putChunk(app, id, { offset: 10_000, body: FILE.slice(10_000, 30_000) });
  assert.deepEqual(outcome(rival), [409, "chunk-busy"]);
  assert.equal(rival.headers.get("Retry-After"), "5");

  app.clock += 3001;
  rival = await putChunk(app, id, { offset: 19_999, body: FILE.slice(19_999, 30_000) });
  assert.equal(rival.headers.get("Retry-After"), "2");
  app.clock += 1998;
  rival = await putChunk(app, id, { offset: 0, body: FILE.slice(0, 30_000) });
  assert.deepEqual([...outcome(rival), rival.headers.get("Retry-After")], [409, "chunk-busy", "1"]);

  // A byte from its client, and its time begins anew.
  body.send(FILE.slice(0, 5000));
  await until(async () => (await storedSizes(app))[0] === 5000);
  app.clock += SILENCE - 1;
  rival = await putChunk(app, id, { offset: 0, body: FILE.slice(0, 30_000) });
  assert.deepEqual(outcome(rival), [409, "chunk-busy"]);
  assert.deepEqual(await received(app, id), []);

  body.send(FILE.slice(5000, 20_000));
  body.end();
  assert.equal((await holder).status, 200);
  assert.deepEqual(await received(app, id), [{ offset: 0, size: 20_000 }]);
});

Deno.test("requests on other ranges are not kept waiting by a holder, silent or not", async () => {
  await using app = await start();
  await using server = listen(app);
  const id = await newSession(app, { size: SIZE });
  const held = await hold({ app, server, id }, { from: 10_000, to: 20_000, sent: 12_000 });
  for (const [from, to] of [[20_000, SIZE], [0, 10_000]] as const) {
    assert.equal((await putChunk(app, id, { offset: from, body: FILE.slice(from, to) })).status, 200);
  }
  await held.connection.send(FILE.slice(12_000, 20_000));
  assert.equal((await held.connection.response())?.status, 200);
  held.connection[Symbol.dispose]();
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

Deno.test("a newer request takes over from a silent one, which is told so; what that one sent stays", async () => {
  await using app = await start();
  await using server = listen(app);
  const id = await newSession(app, { size: SIZE });
  const held = await hold({ app, server, id }, { from: 0, to: 30_000, sent: 7000 });
  app.clock += SILENCE;
  const newer = await putChunk(app, id, { offset: 0, body: FILE.slice(0, 30_000) });
  assert.equal(newer.status, 200);
  assert.deepEqual(await held.outcome(), [409, "superseded"]);
  held.connection[Symbol.dispose]();

  const { body } = await app.json("GET", `/api/v1/uploads/${id}/chunks`);
  assert.deepEqual(body.items, [
    { offset: 0, size: 7000, sha256: sha256(FILE.slice(0, 7000)) },
    { offset: 7000, size: 23_000, sha256: sha256(FILE.slice(7000, 30_000)) },
  ]);
  await putChunk(app, id, { offset: 30_000, body: FILE.slice(30_000) });
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

Deno.test("of a silent request with a digest nothing stays when a newer one takes over", async () => {
  await using app = await start();
  await using server = listen(app);
  const id = await newSession(app, { size: SIZE });
  const headers = [`Content-Digest: ${digestField("sha-256", FILE.slice(0, 30_000))}`];
  const held = await hold({ app, server, id }, { from: 0, to: 30_000, sent: 7000, headers });
  app.clock += SILENCE;
  assert.equal((await putChunk(app, id, { offset: 2000, body: FILE.slice(2000, 9000) })).status, 200);
  assert.deepEqual(await held.outcome(), [409, "superseded"]);
  held.connection[Symbol.dispose]();
  assert.deepEqual(await received(app, id), [{ offset: 2000, size: 7000 }]);
});

Deno.test("a newer request takes over from several silent ones at once", async () => {
  await using app = await start();
  await using server = listen(app);
  const id = await newSession(app, { size: SIZE });
  const first = await hold({ app, server, id }, { from: 0, to: 10_000, sent: 1000 });
  const second = await hold({ app, server, id }, { from: 20_000, to: 30_000, sent: 21_000 });
  app.clock += SILENCE;
  assert.equal((await putChunk(app, id, { offset: 0, body: FILE })).status, 200);
  for (const { connection, outcome } of [first, second]) {
    assert.deepEqual(await outcome(), [409, "superseded"]);
    connection[Symbol.dispose]();
  }
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

Deno.test("a loser that wakes up and sends on writes nothing into the newer one's bytes", async () => {
  await using app = await start();
  await using server = listen(app);
  const id = await newSession(app, { size: SIZE });
  const held = await hold({ app, server, id }, { from: 0, to: SIZE, sent: 5000 });
  app.clock += SILENCE;
  const body = handFed();
  const newer = putChunk(app, id, {
    offset: 5000,
    body: body.stream,
    headers: { "Content-Length": String(SIZE - 5000) },
  });
  await until(async () => (await received(app, id)).length === 1);
  await held.connection.send(new Uint8Array(20_000)).catch(() => {}); // The server may have closed already.
  assert.deepEqual(await held.outcome(), [409, "superseded"]);
  held.connection[Symbol.dispose]();
  body.send(FILE.slice(5000));
  body.end();
  assert.equal((await newer).status, 200);
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

Deno.test("of many that take over at once one wins, and the file is right", async () => {
  await using app = await start();
  await using server = listen(app);
  const id = await newSession(app, { size: SIZE });
  const held = await hold({ app, server, id }, { from: 0, to: SIZE, sent: 5000 });
  app.clock += SILENCE;
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => putChunk(app, id, { offset: 0, body: FILE })),
  );
  assert.ok(answers.some(({ status }) => status === 200));
  for (const answer of answers) {
    assert.ok(answer.status === 200 || answer.body.code === "chunk-busy", JSON.stringify(answer.body));
  }
  assert.deepEqual(await held.outcome(), [409, "superseded"]);
  held.connection[Symbol.dispose]();
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

Deno.test("the silence after which a range is free can be configured", async () => {
  await using app = await startApp({ pawlJson: { ...SMALL_CHUNKS, uploads: { takeoverSeconds: 1 } } });
  await using server = listen(app);
  const id = await newSession(app, { size: SIZE });
  const held = await hold({ app, server, id }, { from: 0, to: SIZE, sent: 5000 });
  app.clock += 999;
  assert.equal((await putChunk(app, id, { offset: 0, body: FILE })).status, 409);
  app.clock += 1;
  assert.equal((await putChunk(app, id, { offset: 0, body: FILE })).status, 200);
  assert.deepEqual(await held.outcome(), [409, "superseded"]);
  held.connection[Symbol.dispose]();
});
