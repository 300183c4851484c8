import assert from "node:assert/strict";
import { ADMIN, ALICE, BOB, startApp } from "../support/app.ts";
import { listen } from "../support/listening_app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { rawConnect } from "../support/raw_http.ts";
import {
  cancelUpload,
  completeUpload,
  contentOf,
  handFed,
  newSession,
  outcome,
  putChunk,
  showUpload,
  SMALL_CHUNKS,
  storedSizes,
  until,
} from "../support/upload_calls.ts";

const SIZE = 40_000;
const FILE = randomBytes(SIZE, { seed: 1 });
const half = { offset: 0, body: FILE.slice(0, 20_000) };

const start = () => startApp({ pawlJson: SMALL_CHUNKS });

Deno.test("a cancelled upload frees its bytes, is gone from the list and answers 410; cancelling again is no error", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  await putChunk(app, id, half);
  const { status, body } = await cancelUpload(app, id);
  assert.deepEqual([status, body], [204, null]);
  assert.deepEqual(await storedSizes(app), []);
  assert.deepEqual((await app.json("GET", "/api/v1/uploads")).body.items, []);
  assert.equal((await cancelUpload(app, id)).status, 204);
  const answers = [
    await showUpload(app, id),
    await putChunk(app, id, half),
    await completeUpload(app, id),
    await app.json("GET", `/api/v1/uploads/${id}/chunks`),
  ];
  assert.deepEqual(answers.map(outcome), answers.map(() => [410, "upload-cancelled"]));
  await app.restart();
  assert.deepEqual(outcome(await showUpload(app, id)), [410, "upload-cancelled"]);
  assert.deepEqual(await storedSizes(app), []);
});

Deno.test("nothing is left in the records of a cancelled upload but the session itself", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE, fingerprint: "f" });
  await putChunk(app, id, half);
  await cancelUpload(app, id);
  await app.services.core.background.settled();
  const { records } = app.services.core;
  for (
    const kind of [
      "upload_chunk",
      "upload_activity",
      "upload_by_owner",
      "upload_leftover",
      "blob",
      "blob_sweep",
    ]
  ) {
    assert.deepEqual(await records.page([kind], { limit: 10 }), [], kind);
  }
});

Deno.test("requests that are writing are told of the cancellation over their connections, and leave no bytes", async () => {
  await using app = await start();
  await using server = listen(app);
  const id = await newSession(app, { size: SIZE });
  const writers = await Promise.all([0, 20_000].map(async (offset) => {
    const connection = await rawConnect(server.url);
    const lines = [`PUT /api/v1/uploads/${id}/chunks/${offset} HTTP/1.1`, "Content-Length: 20000"];
    await connection.send(await server.head(lines, ALICE));
    await connection.send(FILE.slice(offset, offset + 5000));
    return connection;
  }));
  await until(async () => (await storedSizes(app))[0] === 25_000);
  assert.equal((await cancelUpload(app, id)).status, 204);
  for (const connection of writers) {
    const response = await connection.response();
    const { code } = JSON.parse(new TextDecoder().decode(response!.body));
    assert.deepEqual([response!.status, code], [410, "upload-cancelled"]);
    connection[Symbol.dispose]();
  }
  assert.deepEqual(await storedSizes(app), []);
});

Deno.test("a cancel has freed the bytes when it is answered, although somebody was writing", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const body = handFed();
  const writing = putChunk(app, id, {
    offset: 0,
    body: body.stream,
    headers: { "Content-Length": String(SIZE) },
  });
  body.send(FILE.slice(0, 5000));
  await until(async () => (await storedSizes(app))[0] === 5000);
  await cancelUpload(app, id);
  assert.deepEqual(await storedSizes(app), []);
  await body.cancelled;
  assert.deepEqual(outcome(await writing), [410, "upload-cancelled"]);
});

Deno.test("writers and a cancel at the same moment leave no bytes", async () => {
  await using app = await start();
  for (let round = 0; round < 20; round++) {
    const id = await newSession(app, { size: SIZE });
    const writes = [0, 10_000, 20_000, 30_000].map((offset) =>
      putChunk(app, id, { offset, body: FILE.slice(offset, offset + 10_000) })
    );
    const [cancelled, ...written] = await Promise.all([cancelUpload(app, id), ...writes]);
    assert.equal(cancelled.status, 204);
    for (const answer of written) {
      assert.ok(answer.status === 200 || answer.status === 410, JSON.stringify(answer.body));
    }
    assert.deepEqual(await storedSizes(app), [], `round ${round}`);
  }
});

Deno.test("an administrator may cancel, a stranger finds nothing to cancel", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const path = `/api/v1/uploads/${id}`;
  assert.equal((await app.json("DELETE", path, { user: BOB })).status, 404);
  assert.equal((await app.json("DELETE", path, { user: null })).status, 401);
  assert.equal((await showUpload(app, id)).status, 200);
  assert.equal((await app.json("DELETE", path, { user: ADMIN })).status, 204);
  assert.equal((await showUpload(app, id)).status, 410);
});

Deno.test("a complete upload is not cancelled: its attachment is named and stays", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  await putChunk(app, id, { offset: 0, body: FILE });
  const { body: attachment } = await completeUpload(app, id);
  const refused = await cancelUpload(app, id);
  assert.deepEqual([...outcome(refused), refused.body.attachmentId], [409, "upload-ended", attachment.id]);
  assert.deepEqual(await contentOf(app, attachment), new Uint8Array(FILE));
});
