import assert from "node:assert/strict";
import { ADMIN, ALICE, BOB, startApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import {
  newSession,
  openUpload,
  putChunk,
  sha256,
  showUpload,
  SMALL_CHUNKS,
  storedSizes,
} from "../support/upload_calls.ts";

const X = "ab".repeat(32);
const Y = "cd".repeat(32);

Deno.test("a new session says all that a client needs, and where it is", async () => {
  await using app = await startApp();
  app.clock = Date.UTC(2026, 0, 2);
  const { status, headers, body } = await openUpload(app, {
    fileName: "照片 \u{1f600}.PNG",
    size: 5 * 2 ** 20,
    sha256: X.toUpperCase(),
    businessId: "order-7",
    visibility: "users",
  });
  assert.equal(status, 201);
  assert.equal(headers.get("Location"), `/api/v1/uploads/${body.id}`);
  const { id, ...rest } = body;
  assert.match(id, /^[\w-]{22,}$/);
  assert.deepEqual(rest, {
    fileName: "照片 \u{1f600}.PNG",
    size: 5 * 2 ** 20,
    contentType: "image/png",
    businessType: "General",
    businessId: "order-7",
    visibility: "users",
    concatenation: null,
    chunkSize: 2 * 2 ** 20,
    minChunkSize: 256 * 2 ** 10,
    maxChunkSize: 10 * 2 ** 20,
    totalChunks: 3,
    uploadedChunkIndexes: [],
    received: [],
    receivedBytes: 0,
    progress: 0,
    status: "uploading",
    attachmentId: null,
    sha256: X,
    expiresAt: "2026-01-03T00:00:00.000Z",
    createdAt: "2026-01-02T00:00:00.000Z",
  });
  assert.deepEqual((await showUpload(app, id)).body, body);
});

Deno.test("opening costs no file: nothing is on disk before the first byte", async () => {
  await using app = await startApp();
  await newSession(app, { size: 100 });
  assert.deepEqual(await storedSizes(app), []);
});

Deno.test("the open session of the same content is found again, also after a restart", async () => {
  await using app = await startApp();
  for (const mark of [{ sha256: X }, { fingerprint: "head+tail" }]) {
    const first = await openUpload(app, { size: 9, ...mark });
    assert.equal(first.status, 201);
    const again = await openUpload(app, { size: 9, ...mark, fileName: "other name.bin" });
    assert.deepEqual([again.status, again.body.id], [200, first.body.id]);
    await app.restart();
    const later = await openUpload(app, { size: 9, ...mark });
    assert.deepEqual([later.status, later.body.id], [200, first.body.id]);
  }
});

Deno.test("what was sent before is there when the session is found again", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  const { body: { id } } = await openUpload(app, { size: 8192, fingerprint: "f" });
  await putChunk(app, id, { offset: 4096, body: randomBytes(4096, { seed: 1 }) });
  const again = await openUpload(app, { size: 8192, fingerprint: "f" });
  assert.deepEqual(again.body.received, [{ offset: 4096, size: 4096 }]);
  assert.deepEqual(again.body.uploadedChunkIndexes, [1]);
});

Deno.test("without a mark of the content every open makes a session of its own", async () => {
  await using app = await startApp();
  const ids = await Promise.all([1, 2].map(() => newSession(app, { size: 9 })));
  const third = await openUpload(app, { size: 9 });
  assert.equal(third.status, 201);
  assert.equal(new Set([...ids, third.body.id]).size, 3);
});

for (
  const [what, changed, user] of [
    ["another owner", {}, BOB],
    ["an administrator", {}, ADMIN],
    ["another size", { size: 10 }, ALICE],
    ["another business type", { businessType: "Document", fileName: "a.txt" }, ALICE],
    ["forceNew", { forceNew: true }, ALICE],
  ] as const
) {
  Deno.test(`an open session is not found by ${what}`, async () => {
    await using app = await startApp();
    for (const mark of [{ sha256: X }, { fingerprint: "f" }]) {
      const first = await openUpload(app, { size: 9, ...mark });
      const other = await openUpload(app, { size: 9, ...mark, ...changed }, { user });
      assert.equal(other.status, 201);
      assert.notEqual(other.body.id, first.body.id);
    }
  });
}

Deno.test("a session that has ended is not found again", async () => {
  await using app = await startApp();
  const fields = { size: 0, fingerprint: "f", sha256: sha256(new Uint8Array(0)) };
  const first = await openUpload(app, fields);
  await app.json("DELETE", `/api/v1/uploads/${first.body.id}`);
  const second = await openUpload(app, fields);
  assert.equal(second.status, 201);
  app.clock += 24 * 3_600_000;
  const third = await openUpload(app, fields);
  assert.deepEqual([third.status, new Set([first, second, third].map((o) => o.body.id)).size], [201, 3]);
});

Deno.test("a fingerprint counts only where the digests do not contradict each other", async () => {
  await using app = await startApp();
  const first = await openUpload(app, { size: 9, fingerprint: "f", sha256: X });
  const other = await openUpload(app, { size: 9, fingerprint: "f", sha256: Y });
  assert.equal(other.status, 201);
  assert.notEqual(other.body.id, first.body.id);
  // Each is still found by its digest, which decides even against the fingerprint.
  for (const [digest, id] of [[X, first.body.id], [Y, other.body.id]]) {
    const again = await openUpload(app, { size: 9, fingerprint: "another", sha256: digest });
    assert.deepEqual([again.status, again.body.id], [200, id]);
  }
});

Deno.test("a session found by its fingerprint adopts the digest that is declared only now", async () => {
  await using app = await startApp();
  const first = await openUpload(app, { size: 9, fingerprint: "f" });
  const again = await openUpload(app, { size: 9, fingerprint: "f", sha256: X });
  assert.deepEqual([again.status, again.body.id, again.body.sha256], [200, first.body.id, X]);
  const byDigest = await openUpload(app, { size: 9, sha256: X });
  assert.deepEqual([byDigest.status, byDigest.body.id], [200, first.body.id]);
  const contrary = await openUpload(app, { size: 9, fingerprint: "f", sha256: Y });
  assert.equal(contrary.status, 201);
});

Deno.test("a session found by its digest adopts the fingerprint that is declared only now", async () => {
  await using app = await startApp();
  const first = await openUpload(app, { size: 9, sha256: X });
  await openUpload(app, { size: 9, sha256: X, fingerprint: "f" });
  const byFingerprint = await openUpload(app, { size: 9, fingerprint: "f" });
  assert.deepEqual([byFingerprint.status, byFingerprint.body.id], [200, first.body.id]);
});

Deno.test("many opens at once give one session", async () => {
  await using app = await startApp();
  for (const mark of [{ sha256: X }, { fingerprint: "f" }]) {
    const opened = await Promise.all(
      Array.from({ length: 8 }, () => openUpload(app, { size: 9, ...mark })),
    );
    assert.equal(new Set(opened.map(({ body }) => body.id)).size, 1);
    assert.deepEqual(opened.map(({ status }) => status).sort(), [...Array(7).fill(200), 201]);
  }
});
