import assert from "node:assert/strict";
import { ADMIN, ALICE, BOB, startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import {
  answer,
  completeUpload,
  contentOf,
  newSession,
  openUpload,
  outcome,
  putChunk,
  sha256,
  SMALL_CHUNKS,
  storedSizes,
} from "../support/upload_calls.ts";

/** An attachment of `bytes`. */
async function store(app: TestApp, bytes: Uint8Array<ArrayBuffer>, user = ALICE) {
  const stored = await answer(
    await app.request("/api/v1/files/stored.bin", { method: "PUT", body: bytes, user }),
  );
  assert.equal(stored.status, 201);
  return stored.body;
}

Deno.test("content that the caller owns becomes an attachment at once, on the same bytes, under the new facts", async () => {
  await using app = await startApp();
  const bytes = randomBytes(5000, { seed: 2 });
  bytes.set(new TextEncoder().encode("%PDF-1.7\n"));
  const stored = await store(app, bytes);
  const { status, body: { attachment } } = await openUpload(app, {
    fileName: "again.pdf",
    size: 5000,
    sha256: sha256(bytes),
    businessType: "Document",
    businessId: "7",
    visibility: "public",
  });
  assert.equal(status, 200);
  assert.notEqual(attachment.id, stored.id);
  const { fileName, contentType, businessType, businessId, visibility, size } = attachment;
  assert.deepEqual(
    { fileName, contentType, businessType, businessId, visibility, size },
    {
      fileName: "again.pdf",
      contentType: "application/pdf",
      businessType: "Document",
      businessId: "7",
      visibility: "public",
      size: 5000,
    },
  );
  assert.deepEqual(await contentOf(app, attachment), new Uint8Array(bytes));
  assert.deepEqual(await storedSizes(app), [5000]);

  // The bytes live as long as one of the two does.
  const purged = await app.json("DELETE", `/api/v1/attachments/${stored.id}?permanent=true`);
  assert.equal(purged.status, 204);
  assert.deepEqual(await contentOf(app, attachment), new Uint8Array(bytes));
});

Deno.test("knowing a hash gives nobody a file, not even an administrator or who reads it when it is public", async () => {
  await using app = await startApp();
  const bytes = randomBytes(5000, { seed: 3 });
  const stored = await store(app, bytes);
  await app.json("PATCH", `/api/v1/attachments/${stored.id}`, { body: { visibility: "public" } });
  for (const user of [BOB, ADMIN]) {
    const opened = await openUpload(app, { size: 5000, sha256: sha256(bytes) }, { user });
    assert.equal(opened.status, 201);
    assert.equal(opened.body.receivedBytes, 0);
  }
});

Deno.test("content in the recycle bin is not live: it must be uploaded again", async () => {
  await using app = await startApp();
  const bytes = randomBytes(5000, { seed: 4 });
  const stored = await store(app, bytes);
  await app.json("DELETE", `/api/v1/attachments/${stored.id}`);
  assert.equal((await openUpload(app, { size: 5000, sha256: sha256(bytes) })).status, 201);
});

Deno.test("an instant upload passes the policy first, and a wrong size gets no file", async () => {
  await using app = await startApp();
  const bytes = randomBytes(5000, { seed: 5 });
  await store(app, bytes);
  const digest = sha256(bytes);
  const refused = await openUpload(app, { size: 5000, sha256: digest, businessType: "Image" });
  assert.deepEqual(outcome(refused), [415, "type-not-allowed"]);
  const otherSize = await openUpload(app, { size: 4999, sha256: digest });
  assert.equal(otherSize.status, 201);
});

Deno.test("a finished session's content is instant for its owner", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  const bytes = randomBytes(5000, { seed: 6 });
  const id = await newSession(app, { size: 5000 });
  await putChunk(app, id, { offset: 0, body: bytes });
  const done = await completeUpload(app, id);
  assert.equal(done.status, 201);
  const instant = await openUpload(app, { size: 5000, sha256: sha256(bytes) });
  assert.equal(instant.body.attachment.sha256, done.body.sha256);
});
