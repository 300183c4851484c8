import assert from "node:assert/strict";
import { expireUploads } from "../../services/cleanup.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import {
  cancelUpload,
  completeUpload,
  contentOf,
  newSession,
  openUpload,
  outcome,
  putChunk,
  showUpload,
  SMALL_CHUNKS,
} from "../support/upload_calls.ts";

const FILE = randomBytes(5000, { seed: 1 });
const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
const WRONG = "ab".repeat(32);

/** Runs the job each hour, as the clock does, until `time`. */
async function hourly(app: TestApp, time: number) {
  for (app.clock += HOUR; app.clock < time; app.clock += HOUR) await expireUploads(app.services.core);
  app.clock = time;
  await expireUploads(app.services.core);
}

const ENDS: Record<string, { end(app: TestApp, id: string): Promise<unknown>; answers: [number, string?] }> =
  {
    "completed": { end: (app, id) => completeUpload(app, id), answers: [200, undefined] },
    "cancelled": { end: (app, id) => cancelUpload(app, id), answers: [410, "upload-cancelled"] },
    "failed": {
      end: (app, id) => completeUpload(app, id, { sha256: WRONG }),
      answers: [422, "upload-failed"],
    },
    "expired": { end: (app) => hourly(app, app.clock + 25 * HOUR), answers: [410, "upload-expired"] },
  };

for (const [status, { end, answers }] of Object.entries(ENDS)) {
  Deno.test(`a session that is ${status} answers for seven days, and then it never was`, async () => {
    await using app = await startApp({ pawlJson: SMALL_CHUNKS });
    const id = await newSession(app, { size: 5000, fingerprint: "f" });
    await putChunk(app, id, { offset: 0, body: FILE });
    await end(app, id);
    const ended = app.clock;
    await hourly(app, ended + WEEK - 1000);
    assert.deepEqual(outcome(await showUpload(app, id)), answers);
    await app.restart();
    assert.deepEqual(outcome(await showUpload(app, id)), answers);
    await hourly(app, ended + WEEK + HOUR);
    const calls = [
      await showUpload(app, id),
      await completeUpload(app, id),
      await cancelUpload(app, id),
      await putChunk(app, id, { offset: 0, body: FILE }),
    ];
    assert.deepEqual(calls.map(outcome), calls.map(() => [404, "not-found"]));

    // Nothing of it is left in the records either.
    const { records } = app.services.core;
    for (
      const kind of ["upload", "upload_chunk", "upload_by_expiry", "upload_by_owner", "upload_by_fingerprint"]
    ) {
      assert.deepEqual(await records.page([kind], { limit: 10 }), [], kind);
    }
  });
}

Deno.test("forgetting a session does nothing to its attachment", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  const id = await newSession(app, { size: 5000 });
  await putChunk(app, id, { offset: 0, body: FILE });
  const { body: attachment } = await completeUpload(app, id);
  await hourly(app, app.clock + WEEK + HOUR);
  assert.equal((await showUpload(app, id)).status, 404);
  assert.deepEqual(await contentOf(app, attachment), new Uint8Array(FILE));
});

Deno.test("forgetting a session leaves a newer one of the same content findable", async () => {
  await using app = await startApp({ pawlJson: { ...SMALL_CHUNKS, sessions: { expireHours: 1000 } } });
  const old = await newSession(app, { size: 5000, fingerprint: "f" });
  await cancelUpload(app, old);
  const { body: { id } } = await openUpload(app, { size: 5000, fingerprint: "f" });
  app.clock += 1000 * HOUR - 1;
  await putChunk(app, id, { offset: 0, body: FILE.slice(0, 2000) });
  await hourly(app, app.clock + 2 * HOUR);
  assert.equal((await showUpload(app, old)).status, 404);
  const found = await openUpload(app, { size: 5000, fingerprint: "f" });
  assert.deepEqual([found.status, found.body.id], [200, id]);
});

Deno.test("for how long ended sessions answer can be configured", async () => {
  await using app = await startApp({ pawlJson: { sessions: { expireHours: 1, keepEndedDays: 1 } } });
  const id = await newSession(app, { size: 5000 });
  await cancelUpload(app, id);
  await hourly(app, app.clock + 23 * HOUR);
  assert.equal((await showUpload(app, id)).status, 410);
  await hourly(app, app.clock + 2 * HOUR);
  assert.equal((await showUpload(app, id)).status, 404);
});
