import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import type { AttachmentRecord, BlobRecord } from "../../services/model.ts";
import { keys } from "../../services/records/keys.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import {
  cancelUpload,
  completeUpload,
  contentOf,
  newSession,
  outcome,
  putChunk,
  sha256,
  showUpload,
  SMALL_CHUNKS,
  storedSizes,
} from "../support/upload_calls.ts";

const SIZE = 40_000;
const FILE = randomBytes(SIZE, { seed: 1 });
FILE.set(new TextEncoder().encode("%PDF-1.7\n"));
const RIGHT = sha256(FILE);
const WRONG = "ab".repeat(32);
const whole = { offset: 0, body: FILE };

const start = () => startApp({ pawlJson: SMALL_CHUNKS });
const attachments = async (app: TestApp) => (await app.json("GET", "/api/v1/attachments")).body.items;

async function wholeSession(app: TestApp, fields: Record<string, unknown> = {}): Promise<string> {
  const id = await newSession(app, { size: SIZE, ...fields });
  assert.equal((await putChunk(app, id, whole)).status, 200);
  return id;
}

Deno.test("an upload with gaps is not completed: each is named, and it goes on afterwards", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const nothing = await completeUpload(app, id);
  assert.deepEqual(outcome(nothing), [409, "upload-incomplete"]);
  assert.deepEqual([nothing.body.missing, nothing.body.missingBytes], [[{ offset: 0, size: SIZE }], SIZE]);

  await putChunk(app, id, { offset: 5000, body: FILE.slice(5000, 10_000) });
  await putChunk(app, id, { offset: 20_000, body: FILE.slice(20_000, 39_999) });
  const refused = await completeUpload(app, id);
  assert.deepEqual([refused.body.missing, refused.body.missingBytes], [
    [{ offset: 0, size: 5000 }, { offset: 10_000, size: 10_000 }, { offset: 39_999, size: 1 }],
    15_001,
  ]);
  for (const { offset, size } of refused.body.missing) {
    await putChunk(app, id, { offset, body: FILE.slice(offset, offset + size) });
  }
  assert.equal((await completeUpload(app, id)).status, 201);
});

Deno.test("an attachment is made with the facts of its session and the digests of its bytes", async () => {
  await using app = await start();
  const id = await wholeSession(app, {
    fileName: "报告 ✓.pdf",
    businessType: "Document",
    businessId: "7",
    visibility: "users",
  });
  const { status, headers, body } = await completeUpload(app, id);
  assert.equal(status, 201);
  assert.equal(headers.get("Location"), `/api/v1/attachments/${body.id}`);
  assert.match(body.id, /^[1-9]\d{0,18}$/);
  const { fileName, extension, size, contentType, ownerId, businessType, businessId, visibility } = body;
  assert.deepEqual(
    { fileName, extension, size, contentType, ownerId, businessType, businessId, visibility },
    {
      fileName: "报告 ✓.pdf",
      extension: ".pdf",
      size: SIZE,
      contentType: "application/pdf",
      ownerId: "alice",
      businessType: "Document",
      businessId: "7",
      visibility: "users",
    },
  );
  assert.deepEqual([body.sha256, body.sourceSha256], [RIGHT, RIGHT]);
  assert.deepEqual(await contentOf(app, body), new Uint8Array(FILE));

  const { records } = app.services.core;
  const { value: record } = await records.get<AttachmentRecord>(keys.attachment(body.id));
  const { value: blob } = await records.get<BlobRecord>(keys.blob(record!.blobId));
  assert.deepEqual([record!.crc32, blob!.crc32, blob!.refs], [crc32(FILE), crc32(FILE), 1]);
});

Deno.test("a completed session tells its attachment and takes no more bytes", async () => {
  await using app = await start();
  const id = await wholeSession(app);
  const { body: { id: attachmentId } } = await completeUpload(app, id);
  const { status, body } = await showUpload(app, id);
  assert.deepEqual(
    [status, body.status, body.attachmentId, body.progress, body.received],
    [200, "completed", attachmentId, 100, [{ offset: 0, size: SIZE }]],
  );
  const late = await putChunk(app, id, whole);
  assert.deepEqual([...outcome(late), late.body.attachmentId], [409, "upload-ended", attachmentId]);
  assert.deepEqual((await app.json("GET", "/api/v1/uploads")).body.items, []);
});

Deno.test("completing again gives the same attachment, also after a restart", async () => {
  await using app = await start();
  const id = await wholeSession(app);
  const first = await completeUpload(app, id);
  const again = await completeUpload(app, id, { sha256: RIGHT.toUpperCase() });
  assert.deepEqual([first.status, again.status, again.body], [201, 200, first.body]);
  await app.restart();
  const later = await completeUpload(app, id);
  assert.deepEqual([later.status, later.body], [200, first.body]);
  assert.equal((await attachments(app)).length, 1);
});

Deno.test("many that complete at once get one attachment", async () => {
  await using app = await start();
  const id = await wholeSession(app);
  const answers = await Promise.all(Array.from({ length: 8 }, () => completeUpload(app, id)));
  for (const { status } of answers) assert.ok(status === 201 || status === 200);
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
  assert.equal((await attachments(app)).length, 1);
});

for (
  const [when, opening, completing] of [
    ["when the session was opened", { sha256: WRONG }, {}],
    ["when it was completed", {}, { sha256: WRONG }],
    ["at first and rightly later", { sha256: WRONG }, { sha256: RIGHT }],
    ["later and rightly at first", { sha256: RIGHT }, { sha256: WRONG }],
  ] as const
) {
  Deno.test(`a digest declared wrongly ${when} fails the upload, and its bytes are gone`, async () => {
    await using app = await start();
    const id = await wholeSession(app, opening);
    const refused = await completeUpload(app, id, completing);
    assert.deepEqual(outcome(refused), [422, "digest-mismatch"]);
    assert.deepEqual([refused.body.declared, refused.body.received], [WRONG, RIGHT]);
    assert.deepEqual(await storedSizes(app), []);
    const answers = [
      await showUpload(app, id),
      await putChunk(app, id, whole),
      await completeUpload(app, id, { sha256: RIGHT }),
    ];
    assert.deepEqual(answers.map(outcome), answers.map(() => [422, "upload-failed"]));
    assert.ok(answers[0]!.body.detail.includes(RIGHT));
    assert.equal((await cancelUpload(app, id)).status, 204);
    assert.deepEqual(await attachments(app), []);
  });
}

Deno.test("a right digest completes, whoever declared it and in whatever case", async () => {
  await using app = await start();
  const id = await wholeSession(app, { sha256: RIGHT.toUpperCase() });
  assert.equal((await completeUpload(app, id, { sha256: RIGHT.toUpperCase() })).status, 201);
});

Deno.test("a wrong digest after the completion is told, and harms nothing", async () => {
  await using app = await start();
  const id = await wholeSession(app);
  const { body: attachment } = await completeUpload(app, id);
  const refused = await completeUpload(app, id, { sha256: WRONG });
  assert.deepEqual([...outcome(refused), refused.body.attachmentId], [422, "digest-mismatch", attachment.id]);
  assert.deepEqual(await contentOf(app, attachment), new Uint8Array(FILE));
});

Deno.test("an empty file is completed without a chunk", async () => {
  await using app = await start();
  const empty = new Uint8Array(0);
  const id = await newSession(app, { size: 0, sha256: sha256(empty) });
  const { status, body } = await completeUpload(app, id);
  assert.deepEqual([status, body.size, body.sha256], [201, 0, sha256(empty)]);
  assert.deepEqual(await contentOf(app, body), empty);
  const wrong = await newSession(app, { size: 0, sha256: WRONG });
  assert.deepEqual(outcome(await completeUpload(app, wrong)), [422, "digest-mismatch"]);
});

Deno.test("a body that is no completion is refused", async () => {
  await using app = await start();
  const id = await wholeSession(app);
  for (const body of [{ colour: "red" }, { sha256: "abc" }, { sha256: 5 }, [], "x", 7]) {
    const { status } = await app.json("POST", `/api/v1/uploads/${id}/complete`, { body });
    assert.equal(status, 400, JSON.stringify(body));
  }
  assert.equal((await completeUpload(app, id, {})).status, 201);
});

Deno.test("equal content of two sessions is one file on disk", async () => {
  await using app = await start();
  const ids = [await wholeSession(app), await wholeSession(app, { fileName: "second.bin" })];
  assert.deepEqual(await storedSizes(app), [SIZE, SIZE]);
  const answers = await Promise.all(ids.map((id) => completeUpload(app, id)));
  assert.deepEqual(answers.map(({ status }) => status), [201, 201]);
  await app.services.core.background.settled();
  assert.deepEqual(await storedSizes(app), [SIZE]);
  for (const { body } of answers) assert.deepEqual(await contentOf(app, body), new Uint8Array(FILE));
});

Deno.test("a completed upload whose attachment was removed since says so", async () => {
  await using app = await start();
  const id = await wholeSession(app);
  const { body } = await completeUpload(app, id);
  await app.json("DELETE", `/api/v1/attachments/${body.id}?permanent=true`);
  const gone = await completeUpload(app, id);
  assert.deepEqual(outcome(gone), [404, "not-found"]);
  assert.match(gone.body.detail, /deleted/);
});

Deno.test("a whole but unfinished upload is finished at the next start, a wrong one fails, the others wait", async () => {
  await using app = await start();
  const id = await wholeSession(app);
  const wrong = await wholeSession(app, { sha256: WRONG });
  const half = await newSession(app, { size: SIZE });
  await putChunk(app, half, { offset: 0, body: FILE.slice(0, 20_000) });
  const empty = await newSession(app, { size: 0 });
  await app.restart();
  await app.services.core.background.settled();
  const { body } = await showUpload(app, id);
  assert.equal(body.status, "completed");
  const { body: attachment } = await app.json("GET", `/api/v1/attachments/${body.attachmentId}`);
  assert.equal(attachment.sha256, RIGHT);
  assert.deepEqual(outcome(await showUpload(app, wrong)), [422, "upload-failed"]);
  for (const open of [half, empty]) assert.equal((await showUpload(app, open)).body.status, "uploading");
  const again = await completeUpload(app, id);
  assert.deepEqual([again.status, again.body.id], [200, attachment.id]);
});

Deno.test("a completion that takes long is answered with 202, goes on, and is asked for again", async () => {
  await using app = await startApp({ pawlJson: { ...SMALL_CHUNKS, uploads: { answerSeconds: 1 } } });
  const { blobs } = app.services.core;
  const digest = blobs.digest;
  const slow = Promise.withResolvers<void>();
  blobs.digest = async (...args) => {
    await slow.promise;
    return await digest(...args);
  };
  const id = await wholeSession(app);

  const early = await completeUpload(app, id);
  assert.deepEqual([early.status, early.body], [202, { status: "completing" }]);
  assert.equal(early.headers.get("Retry-After"), "2");
  assert.equal((await showUpload(app, id)).body.status, "completing");
  assert.deepEqual(await attachments(app), [], "nothing is visible yet");

  slow.resolve();
  const done = await completeUpload(app, id);
  assert.ok(done.status === 201 || done.status === 200, String(done.status));
  assert.equal(done.body.sha256, RIGHT);
  assert.deepEqual(await contentOf(app, done.body), FILE);
});
