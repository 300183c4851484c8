/** Appending: few records for many requests, one session for every way to upload, lengths that come late. */
import assert from "node:assert/strict";
import { startApp, type TestApp } from "../../support/app.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../../support/store_check.ts";
import { metadata, OFFSET_BYTES, tusClient } from "../../support/tus.ts";
import {
  completeUpload,
  handFed,
  newSession,
  putChunk,
  received,
  sha256,
  showUpload,
  SMALL_CHUNKS,
  storedSizes,
  until,
} from "../../support/upload_calls.ts";

const idOf = (path: string) => path.split("/").at(-1)!;
const chunksOf = async (app: TestApp, path: string) =>
  (await app.json("GET", `/api/v1/uploads/${idOf(path)}/chunks?limit=1000`)).body.items;

Deno.test("hundreds of tiny PATCHes make one record, which says what the bytes are", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await using tus = tusClient(app);
  const bytes = randomBytes(15_000, { seed: 1 });
  const path = await tus.create({ "Upload-Length": "15000" });
  for (let at = 0; at < 14_900; at += 100) {
    assert.equal((await tus.patch(path, at, bytes.slice(at, at + 100))).status, 204);
  }
  assert.deepEqual(await chunksOf(app, path), [{
    offset: 0,
    size: 14_900,
    sha256: sha256(bytes.slice(0, 14_900)),
  }]);
  await assertConsistent(app);
  await tus.patch(path, 14_900, bytes.slice(14_900));
  assert.deepEqual(await tus.bytes(path), bytes);
});

Deno.test("after each restart an append goes on with the record before it, unless that is as large as a chunk", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  const bytes = randomBytes(5000, { seed: 2 });
  let path = "";
  {
    await using tus = tusClient(app);
    path = await tus.create({ "Upload-Length": "5000" });
  }
  for (let at = 0; at < 4900; at += 100) {
    if (at % 500 === 0) await app.restart();
    const response = await app.request(path, {
      method: "PATCH",
      headers: {
        "Tus-Resumable": "1.0.0",
        "Content-Type": OFFSET_BYTES,
        "Upload-Offset": `${at}`,
        "Content-Length": "100",
      },
      body: bytes.slice(at, at + 100),
    });
    assert.equal(response.status, 204);
  }
  const chunks = await chunksOf(app, path);
  assert.deepEqual(
    chunks,
    [[0, 1500], [1500, 3000], [3000, 4500], [4500, 4900]].map(([from, to]) => ({
      offset: from,
      size: to! - from!,
      sha256: sha256(bytes.slice(from, to)),
    })),
  );
  await assertConsistent(app);
});

Deno.test("the offset jumps over bytes that came as chunks, and a body may cover them", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await using tus = tusClient(app);
  const bytes = randomBytes(20_000, { seed: 3 });
  const path = await tus.create({ "Upload-Length": "20000" });
  const put = (from: number, to: number) =>
    putChunk(app, idOf(path), { offset: from, body: bytes.slice(from, to) });
  assert.equal((await put(4000, 8000)).status, 200);
  assert.equal((await put(12_000, 16_000)).status, 200);
  assert.equal(await tus.offset(path), 0);
  const jumped = await tus.patch(path, 0, bytes.slice(0, 4000));
  assert.equal(jumped.headers.get("Upload-Offset"), "8000");
  const other = bytes.slice(8000);
  other[5000]! ^= 1;
  const conflict = await tus.patch(path, 8000, other);
  assert.deepEqual([conflict.status, conflict.code], [409, "chunk-conflict"]);
  assert.equal((await tus.patch(path, 8000, bytes.slice(8000, 9000))).headers.get("Upload-Offset"), "9000");
  assert.equal((await tus.patch(path, 9000, bytes.slice(9000))).headers.get("Upload-Offset"), "20000");
  assert.deepEqual(await tus.bytes(path), bytes);
  await assertConsistent(app);
});

Deno.test("an upload goes from one way to the other: begun as chunks and finished by PATCH, and the other way round", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await using tus = tusClient(app);
  const bytes = randomBytes(10_000, { seed: 4 });
  const id = await newSession(app, { size: 10_000, fileName: "chunks.bin" });
  await putChunk(app, id, { offset: 0, body: bytes.slice(0, 4000) });
  const path = `/files/${id}`;
  assert.equal(await tus.offset(path), 4000);
  const finished = await tus.patch(path, 4000, bytes.slice(4000));
  const { body } = await showUpload(app, id);
  assert.equal(body.status, "completed");
  assert.equal(finished.headers.get("Pawl-Attachment-Id"), body.attachmentId);

  const begun = await tus.create({
    "Upload-Length": "10000",
    "Upload-Metadata": metadata({ filename: "tus.bin" }),
  });
  await tus.patch(begun, 0, bytes.slice(0, 3000));
  assert.deepEqual(await received(app, idOf(begun)), [{ offset: 0, size: 3000 }]);
  assert.equal((await putChunk(app, idOf(begun), { offset: 3000, body: bytes.slice(3000) })).status, 200);
  const done = await completeUpload(app, idOf(begun));
  assert.deepEqual([done.status, done.body.fileName, done.body.sha256], [201, "tus.bin", sha256(bytes)]);
});

Deno.test("of bodies that were refused before the length was known nothing stays behind the file's end", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await using tus = tusClient(app);
  const bytes = randomBytes(9000, { seed: 9 });
  const wrong = { "Upload-Checksum": "md5 AAAAAAAAAAAAAAAAAAAAAA==" };
  const begun = async () => {
    const path = await tus.create({ "Upload-Defer-Length": "1" });
    assert.equal((await tus.patch(path, 0, bytes, { headers: wrong })).status, 460);
    return path;
  };
  const draft = {
    "Tus-Resumable": null,
    "Content-Type": "application/partial-upload",
    "Upload-Complete": "?1",
  };
  const ways: ((path: string) => Promise<unknown>)[] = [
    (path) => tus.patch(path, 0, bytes.slice(0, 5000), { headers: { "Upload-Length": "5000" } }),
    (path) => tus.patch(path, 0, bytes.slice(0, 5000), { headers: draft }),
    async (path) => {
      await tus.patch(path, 0, bytes.slice(0, 3000));
      await tus.patch(path, 3000, bytes.slice(3000, 5000), { headers: draft });
    },
    async (path) => {
      await tus.patch(path, 0, bytes.slice(0, 5000));
      await completeUpload(app, idOf(path));
    },
  ];
  for (const finish of ways) {
    const path = await begun();
    await finish(path);
    assert.deepEqual(await tus.bytes(path), bytes.slice(0, 5000));
    const { files } = await assertConsistent(app);
    assert.deepEqual([...files.values()], [5000]);
    await app.json(
      "DELETE",
      `/api/v1/attachments/${(await showUpload(app, idOf(path))).body.attachmentId}?permanent=true`,
    );
    await app.services.core.background.settled();
    await cleanUp(app, { hours: 2 });
  }
});

Deno.test("an upload that has all its bytes is finished by whatever asks for it", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await using tus = tusClient(app);
  const bytes = randomBytes(3000, { seed: 5 });
  const whole = async () => {
    const id = await newSession(app, { size: 3000 });
    assert.equal((await putChunk(app, id, { offset: 0, body: bytes })).status, 200);
    return `/files/${id}`;
  };
  const head = await tus.head(await whole());
  assert.match(head.headers.get("Content-Location")!, /^\/api\/v1\/attachments\/\d+$/);
  const empty = await tus.patch(await whole(), 3000, null);
  assert.deepEqual([empty.status, empty.headers.has("Content-Location")], [204, true]);
  const path = await whole();
  await app.restart();
  await app.services.core.background.settled();
  assert.equal((await showUpload(app, idOf(path))).body.status, "completed");
});

Deno.test("bytes that are not those declared fail the upload", async () => {
  await using app = await startApp();
  await using tus = tusClient(app);
  const wrong = metadata({ sha256: "0".repeat(64) });
  const path = await tus.create({ "Upload-Length": "5", "Upload-Metadata": wrong });
  const { status, code } = await tus.patch(path, 0, new TextEncoder().encode("hello"));
  assert.deepEqual([status, code], [422, "upload-failed"]);
  assert.equal((await tus.head(path)).status, 422);
  const { files } = await assertConsistent(app);
  assert.deepEqual([...files], []);
});

Deno.test("a length that nobody has said is what has come when the upload is completed", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await using tus = tusClient(app);
  const bytes = randomBytes(5000, { seed: 6 });
  const path = await tus.create({
    "Upload-Defer-Length": "1",
    "Upload-Metadata": metadata({ fingerprint: "late" }),
  });
  await tus.patch(path, 0, bytes.slice(0, 2000));
  const { body } = await showUpload(app, idOf(path));
  assert.deepEqual([body.size, body.totalChunks, body.progress, body.receivedBytes], [
    null,
    null,
    null,
    2000,
  ]);
  assert.equal((await putChunk(app, idOf(path), { offset: 3000, body: bytes.slice(3000) })).status, 200);
  const gap = await completeUpload(app, idOf(path));
  assert.deepEqual([gap.status, gap.body.missing], [409, [{ offset: 2000, size: 1000 }]]);
  assert.equal((await tus.patch(path, 2000, bytes.slice(2000, 3000))).headers.get("Upload-Offset"), "5000");
  const done = await completeUpload(app, idOf(path));
  assert.deepEqual([done.status, done.body.size, done.body.sha256], [201, 5000, sha256(bytes)]);
});

Deno.test("bytes of an unknown length are never more than the type takes", async () => {
  const businessTypes = { Small: { maxBytes: "10 KiB" } };
  await using app = await startApp({ pawlJson: { ...SMALL_CHUNKS, businessTypes } });
  await using tus = tusClient(app);
  const bytes = randomBytes(10_241, { seed: 7 });
  const defer = { "Upload-Defer-Length": "1", "Upload-Metadata": metadata({ businessType: "Small" }) };
  for (const body of [() => bytes, () => new Blob([bytes]).stream()]) {
    const path = await tus.create(defer);
    const { status, code } = await tus.patch(path, 0, body());
    assert.deepEqual([status, code], [413, "file-too-large"]);
    const created = await tus.send("POST", "/files", {
      headers: { ...defer, "Content-Type": OFFSET_BYTES },
      body: body(),
    });
    assert.deepEqual([created.status, created.code], [413, "file-too-large"]);
    assert.equal((await tus.patch(path, 0, bytes.slice(0, 10_240))).status, 204);
    assert.equal((await tus.patch(path, 10_240, bytes.slice(10_240))).status, 413);
    assert.equal(
      (await tus.patch(path, 10_240, null, { headers: { "Upload-Length": "10241" } })).status,
      413,
    );
    assert.equal(
      (await tus.patch(path, 10_240, null, { headers: { "Upload-Length": "10240" } })).status,
      204,
    );
  }
  const { uploads } = await assertConsistent(app);
  assert.ok(uploads.every(({ status }) => status === "completed"), "a refused creation leaves nothing");
});

Deno.test("a PATCH takes over from a chunk that is being written behind its offset", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await using tus = tusClient(app);
  const bytes = randomBytes(20_000, { seed: 8 });
  const path = await tus.create({ "Upload-Length": "20000" });
  using chunk = await tus.begin("PUT", `/api/v1/uploads/${idOf(path)}/chunks/8000`, {
    "Content-Length": "12000",
  });
  await chunk.send(bytes.slice(8000, 12_000));
  await until(async () =>
    (await received(app, idOf(path))).length === 0 &&
    app.services.core.live.peek(idOf(path))?.claims.size === 1
  );
  assert.equal((await tus.patch(path, 0, bytes)).status, 204);
  assert.equal((await chunk.response())?.status, 409);
  assert.deepEqual(await tus.bytes(path), bytes);
  await assertConsistent(app);
});

Deno.test("of two equal PATCHes the one whose bytes have all come succeeds, also when the other one stops it", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await using tus = tusClient(app);
  const bytes = randomBytes(20_000, { seed: 10 });
  for (const sent of [8000, 20_000]) {
    const path = await tus.create({ "Upload-Length": "20000" });
    const body = handFed();
    const patch = (body: BodyInit) =>
      app.request(path, {
        method: "PATCH",
        headers: {
          "Tus-Resumable": "1.0.0",
          "Content-Type": OFFSET_BYTES,
          "Upload-Offset": "0",
          "Content-Length": `${sent}`,
        },
        body,
      });
    // Its end is never seen.
    const older = patch(body.stream);
    body.send(bytes.slice(0, sent));
    await until(async () => (await storedSizes(app)).includes(sent));
    const newer = await patch(bytes.slice(0, sent));
    assert.deepEqual([newer.status, newer.headers.get("Upload-Offset")], [409, `${sent}`]);
    await newer.body?.cancel();
    const { status, headers } = await older;
    assert.deepEqual([status, headers.get("Upload-Offset")], [204, `${sent}`]);
    assert.equal(headers.has("Pawl-Attachment-Id"), sent === 20_000);
  }
  await assertConsistent(app);
});
