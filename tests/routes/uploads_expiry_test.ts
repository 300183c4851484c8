import assert from "node:assert/strict";
import { expireUploads } from "../../services/cleanup.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import {
  cancelUpload,
  completeUpload,
  handFed,
  newSession,
  outcome,
  putChunk,
  received,
  showUpload,
  SMALL_CHUNKS,
  storedSizes,
  until,
} from "../support/upload_calls.ts";

const SIZE = 40_000;
const FILE = randomBytes(SIZE, { seed: 1 });
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const EXPIRY = 24 * HOUR;
/** The stored time of the last progress may be that much too old. */
const GRACE = 120 * SECOND;

const start = () => startApp({ pawlJson: SMALL_CHUNKS });
const expire = (app: TestApp) => expireUploads(app.services.core);
const first = { offset: 0, body: FILE.slice(0, 10_000) };
const second = { offset: 10_000, body: FILE.slice(10_000) };

/** A session with its first chunk, opened and sent at the time that the clock shows. */
async function begunSession(app: TestApp): Promise<string> {
  const id = await newSession(app, { size: SIZE });
  assert.equal((await putChunk(app, id, first)).status, 200);
  return id;
}

Deno.test("a session lives to the second it says, and then answers 410 to everything", async () => {
  await using app = await start();
  const opened = app.clock;
  const id = await begunSession(app);
  app.clock = opened + EXPIRY - SECOND;
  const { status, body } = await showUpload(app, id);
  assert.deepEqual([status, body.expiresAt], [200, new Date(opened + EXPIRY).toISOString()]);
  assert.equal((await app.json("GET", "/api/v1/uploads")).body.items.length, 1);

  app.clock = opened + EXPIRY;
  const answers = [
    await showUpload(app, id),
    await putChunk(app, id, second),
    await completeUpload(app, id),
    await app.json("GET", `/api/v1/uploads/${id}/chunks`),
  ];
  assert.deepEqual(answers.map(outcome), answers.map(() => [410, "upload-expired"]));
  assert.deepEqual((await app.json("GET", "/api/v1/uploads")).body.items, []);
  assert.equal((await cancelUpload(app, id)).status, 204);
});

Deno.test("each progress prolongs a session by a whole day", async () => {
  await using app = await start();
  const id = await begunSession(app);
  app.clock += EXPIRY - SECOND;
  const { body } = await putChunk(app, id, { offset: 10_000, body: FILE.slice(10_000, 20_000) });
  assert.equal(body.expiresAt, new Date(app.clock + EXPIRY).toISOString());
  app.clock += EXPIRY - SECOND;
  assert.equal((await putChunk(app, id, { offset: 20_000, body: FILE.slice(20_000) })).status, 200);
  app.clock += EXPIRY - SECOND;
  assert.equal((await completeUpload(app, id)).status, 201);
});

Deno.test("what does not add bytes does not prolong: repeats, refusals, looking", async () => {
  await using app = await start();
  const opened = app.clock;
  const id = await begunSession(app);
  app.clock = opened + EXPIRY - SECOND;
  assert.equal((await putChunk(app, id, first)).status, 200);
  assert.equal((await putChunk(app, id, { offset: 0, body: FILE.slice(1, 2000) })).status, 409);
  assert.equal((await completeUpload(app, id)).status, 409);
  app.clock = opened + EXPIRY;
  assert.equal((await showUpload(app, id)).status, 410);
});

Deno.test("the job frees the bytes of expired sessions, and not a second too early", async () => {
  await using app = await start();
  const opened = app.clock;
  const id = await begunSession(app);
  app.clock = opened + EXPIRY + GRACE - SECOND;
  assert.equal((await expire(app)).expired, 0);
  assert.deepEqual(await storedSizes(app), [10_000]);
  app.clock = opened + EXPIRY + GRACE;
  assert.deepEqual(await expire(app), { expired: 1, forgotten: 0, more: false });
  assert.deepEqual(await storedSizes(app), []);
  const answers = [await showUpload(app, id), await putChunk(app, id, second), await completeUpload(app, id)];
  assert.deepEqual(answers.map(outcome), answers.map(() => [410, "upload-expired"]));
  assert.deepEqual(await expire(app), { expired: 0, forgotten: 0, more: false });
});

Deno.test("the job reckons from the last progress, also after a restart", async () => {
  await using app = await start();
  const opened = app.clock;
  const id = await begunSession(app);
  app.clock = opened + EXPIRY - HOUR;
  await putChunk(app, id, { offset: 10_000, body: FILE.slice(10_000, 20_000) });
  const progressed = app.clock;
  app.clock = opened + EXPIRY + GRACE;
  assert.equal((await expire(app)).expired, 0);
  await app.restart();
  app.clock = progressed + EXPIRY - SECOND;
  assert.equal((await expire(app)).expired, 0);
  assert.deepEqual(await received(app, id), [{ offset: 0, size: 20_000 }]);
  app.clock = progressed + EXPIRY + GRACE;
  assert.equal((await expire(app)).expired, 1);
  assert.deepEqual(await storedSizes(app), []);
});

Deno.test("a restart takes nothing from the time that a client was promised", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  app.clock += 59 * SECOND;
  const promised = Date.parse((await putChunk(app, id, first)).body.expiresAt);
  await app.restart();
  assert.ok(Date.parse((await showUpload(app, id)).body.expiresAt) >= promised);
  app.clock = promised - SECOND;
  assert.equal((await putChunk(app, id, second)).status, 200);
});

Deno.test("a session into which somebody is writing does not expire", async () => {
  await using app = await start();
  const id = await begunSession(app);
  const body = handFed();
  const writing = putChunk(app, id, {
    offset: 10_000,
    body: body.stream,
    headers: { "Content-Length": String(SIZE - 10_000) },
  });
  await until(() => app.services.core.live.peek(id)?.claims.size === 1);
  app.clock += EXPIRY + HOUR;
  assert.equal((await expire(app)).expired, 0);
  assert.equal((await showUpload(app, id)).status, 200);
  body.send(FILE.slice(10_000));
  body.end();
  assert.equal((await writing).status, 200);
  assert.equal((await completeUpload(app, id)).status, 201);
});

Deno.test("the job goes through many sessions in bounded steps, and leaves the live ones alone", async () => {
  await using app = await start();
  for (let count = 0; count < 101; count++) await newSession(app, { size: SIZE });
  app.clock += EXPIRY;
  const live = await begunSession(app);
  app.clock += GRACE;
  assert.deepEqual(await expire(app), { expired: 100, forgotten: 0, more: true });
  assert.deepEqual(await expire(app), { expired: 1, forgotten: 0, more: false });
  assert.equal((await showUpload(app, live)).status, 200);
  assert.deepEqual(await storedSizes(app), [10_000]);
});

Deno.test("the time after which sessions expire can be configured", async () => {
  await using app = await startApp({ pawlJson: { sessions: { expireHours: 2 } } });
  const id = await newSession(app, { size: SIZE });
  app.clock += 2 * HOUR - SECOND;
  assert.equal((await showUpload(app, id)).status, 200);
  app.clock += SECOND;
  assert.equal((await showUpload(app, id)).status, 410);
});
