/** Uploads at `/files` whose finishing takes longer than the server lets a request wait. */
import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { OFFSET_BYTES, tusClient } from "../support/tus.ts";
import { newSession, putChunk, SMALL_CHUNKS } from "../support/upload_calls.ts";

const SIZE = 20_000;
const HALF = 10_000;
const DRAFT = { "Tus-Resumable": null, "Upload-Draft-Interop-Version": "8" };

Deno.test("finishing that takes long goes on after the answer, and HEAD tells of the file later", async () => {
  await using app = await startApp({ pawlJson: { ...SMALL_CHUNKS, uploads: { answerSeconds: 1 } } });
  await using client = tusClient(app);
  const { blobs } = app.services.core;
  const digest = blobs.digest;
  const slow = Promise.withResolvers<void>();
  blobs.digest = async (...args) => {
    await slow.promise;
    return await digest(...args);
  };
  const begin = async (seed: number) => {
    const bytes = randomBytes(SIZE, { seed });
    const id = await newSession(app, { size: SIZE });
    // What comes before its time is hashed at the end.
    await putChunk(app, id, { offset: HALF, body: bytes.slice(HALF) });
    return { path: `/files/${id}`, first: bytes.slice(0, HALF), bytes };
  };
  const [tus, draft] = [await begin(1), await begin(2)];
  const [patched, appended] = await Promise.all([
    client.patch(tus.path, 0, tus.first, { headers: { "Content-Type": OFFSET_BYTES } }),
    client.patch(draft.path, 0, draft.first, {
      headers: { ...DRAFT, "Content-Type": "application/partial-upload", "Upload-Complete": "?0" },
    }),
  ]);
  for (const { status, headers } of [patched, appended]) {
    assert.deepEqual([status, headers.get("Upload-Offset")], [204, `${SIZE}`]);
    assert.equal(headers.get("Pawl-Attachment-Id"), null);
  }
  // Whoever says that this is the end is told to ask again.
  const ending = await client.patch(draft.path, SIZE, null, {
    headers: { ...DRAFT, "Content-Type": "application/partial-upload", "Upload-Complete": "?1" },
  });
  assert.deepEqual(
    [ending.status, ending.headers.get("Upload-Complete"), ending.headers.get("Retry-After")],
    [202, "?1", "2"],
  );
  slow.resolve();
  await app.services.core.background.settled();
  for (const [{ path, bytes }, headers] of [[tus, {}], [draft, DRAFT]] as const) {
    const { headers: told } = await client.head(path, { headers });
    assert.ok(told.has("Pawl-Attachment-Id"));
    assert.deepEqual(await client.bytes(path), bytes);
  }
});
