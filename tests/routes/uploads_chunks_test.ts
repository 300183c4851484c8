import assert from "node:assert/strict";
import { ADMIN, BOB, startApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import {
  completeUpload,
  contentOf,
  newSession,
  outcome,
  putChunk,
  received,
  sha256,
  showUpload,
  SMALL_CHUNKS,
} from "../support/upload_calls.ts";

const SIZE = 64 * 1024;
const FILE = randomBytes(SIZE, { seed: 1 });
const CHUNK = 4096;
const part = (start: number, end: number) => FILE.slice(start, end);
const at = (offset: number, end = offset + CHUNK) => ({ offset, body: part(offset, end) });

const start = () => startApp({ pawlJson: SMALL_CHUNKS });

Deno.test("chunks come in any order and in parallel, and make the file", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const offsets = Array.from({ length: SIZE / CHUNK }, (_, index) => (index * 7 % 16) * CHUNK);
  const answers = await Promise.all(offsets.map((offset) => putChunk(app, id, at(offset))));
  assert.deepEqual(answers.map(({ status }) => status), offsets.map(() => 200));
  assert.deepEqual(await received(app, id), [{ offset: 0, size: SIZE }]);
  const { status, body } = await completeUpload(app, id);
  assert.deepEqual([status, body.sha256, body.size], [201, sha256(FILE), SIZE]);
  assert.deepEqual(await contentOf(app, body), new Uint8Array(FILE));
});

Deno.test("each answer says how far the upload is and until when it may go on", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  app.clock += 23 * 3_600_000;
  const first = await putChunk(app, id, at(CHUNK));
  assert.deepEqual(first.body, {
    receivedBytes: CHUNK,
    progress: 6.2,
    expiresAt: new Date(app.clock + 24 * 3_600_000).toISOString(),
  });
  const session = (await showUpload(app, id)).body;
  assert.deepEqual(session.received, [{ offset: CHUNK, size: CHUNK }]);
  assert.deepEqual([session.uploadedChunkIndexes, session.progress], [[1], 6.2]);
});

Deno.test("100 % is said only when the last byte is there", async () => {
  await using app = await start();
  const size = 2001;
  const id = await newSession(app, { size });
  const most = await putChunk(app, id, { offset: 0, body: part(0, 2000) });
  assert.equal(most.body.progress, 99.9);
  const last = await putChunk(app, id, { offset: 2000, body: part(2000, 2001) });
  assert.equal(last.body.progress, 100);
});

Deno.test("slots count as uploaded when they are whole, the last one also when it is short", async () => {
  await using app = await start();
  const id = await newSession(app, { size: 10_000, chunkSize: 4096 });
  await putChunk(app, id, at(2000, 9000));
  assert.deepEqual((await showUpload(app, id)).body.uploadedChunkIndexes, [1]);
  await putChunk(app, id, at(9000, 10_000));
  const { uploadedChunkIndexes, totalChunks } = (await showUpload(app, id)).body;
  assert.deepEqual([uploadedChunkIndexes, totalChunks], [[1, 2], 3]);
});

Deno.test("a chunk sent again is 200 and changes nothing", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const first = await putChunk(app, id, at(0));
  const again = await putChunk(app, id, at(0));
  assert.deepEqual([again.status, again.body.receivedBytes], [200, first.body.receivedBytes]);
  const { body } = await app.json("GET", `/api/v1/uploads/${id}/chunks`);
  assert.deepEqual(body.items, [{ offset: 0, size: CHUNK, sha256: sha256(part(0, CHUNK)) }]);
});

Deno.test("of a body that overlaps only the rest is recorded, with the digest of each new piece", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  await putChunk(app, id, at(4096, 8192));
  await putChunk(app, id, at(12288, 16384));
  const over = await putChunk(app, id, at(2048, 20000));
  assert.deepEqual([over.status, over.body.receivedBytes], [200, 17952]);
  const { body } = await app.json("GET", `/api/v1/uploads/${id}/chunks`);
  const pieces = [[2048, 4096], [4096, 8192], [8192, 12288], [12288, 16384], [16384, 20000]] as const;
  assert.deepEqual(
    body.items,
    pieces.map(([from, to]) => ({ offset: from, size: to - from, sha256: sha256(part(from, to)) })),
  );
});

Deno.test("overlapping chunks in parallel never spoil each other", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const spans = [[0, 9000], [5000, 20000], [15000, 40000], [30000, 60000], [1000, 64000], [50000, SIZE]];
  for (let round = 0; round < 20 && (await showUpload(app, id)).body.receivedBytes < SIZE; round++) {
    const answers = await Promise.all(spans.map(([from, to]) => putChunk(app, id, at(from!, to!))));
    for (const answer of answers) {
      assert.ok(answer.status === 200 || answer.body.code === "chunk-busy", JSON.stringify(answer.body));
    }
  }
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

for (
  const [what, chunk] of [
    ["in its first byte", { from: 4096, to: 8192, wrong: 4096 }],
    ["in its last byte", { from: 4096, to: 8192, wrong: 8191 }],
    ["behind new bytes", { from: 0, to: 8192, wrong: 8000 }],
    ["before new bytes", { from: 6000, to: 12000, wrong: 6000 }],
  ] as const
) {
  Deno.test(`a body that differs ${what} from recorded bytes is refused, and nothing of it counts`, async () => {
    await using app = await start();
    const id = await newSession(app, { size: SIZE });
    await putChunk(app, id, at(4096, 8192));
    const body = part(chunk.from, chunk.to);
    body[chunk.wrong - chunk.from]! ^= 1;
    const refused = await putChunk(app, id, { offset: chunk.from, body });
    assert.deepEqual(outcome(refused), [409, "chunk-conflict"]);
    assert.deepEqual(await received(app, id), [{ offset: 4096, size: 4096 }]);
    for (const [from, to] of [[0, 8192], [4096, 32768], [32768, SIZE]] as const) {
      assert.equal((await putChunk(app, id, at(from, to))).status, 200);
    }
    assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
  });
}

Deno.test("bytes that were never recorded may be replaced by others", async () => {
  await using app = await start();
  const id = await newSession(app, { size: CHUNK });
  const wrong = await putChunk(app, id, {
    offset: 0,
    body: randomBytes(CHUNK, { seed: 9 }),
    headers: { "Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA==" },
  });
  assert.deepEqual(outcome(wrong), [422, "digest-mismatch"]);
  assert.equal((await putChunk(app, id, at(0))).status, 200);
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(part(0, CHUNK)));
});

Deno.test("after a restart everything acknowledged is there and the rest may come", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  await putChunk(app, id, at(0, 30000));
  await app.restart();
  assert.deepEqual(await received(app, id), [{ offset: 0, size: 30000 }]);
  await putChunk(app, id, at(20000, 50000));
  await app.restart();
  await putChunk(app, id, at(50000, SIZE));
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

Deno.test("only its owner writes into a session, and for others it does not exist", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  for (const [user, status] of [[BOB, 404], [ADMIN, 404], [null, 401]] as const) {
    assert.equal((await putChunk(app, id, { ...at(0), user })).status, status);
  }
  assert.equal((await app.json("GET", `/api/v1/uploads/${id}`, { user: BOB })).status, 404);
  assert.equal((await app.json("GET", `/api/v1/uploads/${id}`, { user: ADMIN })).status, 200);
  assert.deepEqual(await received(app, id), []);
});

for (const id of ["nothing", "%2e%2e", "A".repeat(22), "A".repeat(5000), "%00", "%ff"]) {
  Deno.test(`an upload id ${id.slice(0, 24)} (${id.length}) is not found, whatever is asked`, async () => {
    await using app = await start();
    for (
      const [method, path] of [["GET", ""], ["GET", "/chunks"], ["POST", "/complete"], [
        "DELETE",
        "",
      ]] as const
    ) {
      const { status } = await app.json(method, `/api/v1/uploads/${id}${path}`);
      assert.equal(status, 404, `${method} ${path}`);
    }
    assert.equal((await putChunk(app, id, at(0))).status, 404);
  });
}
