import assert from "node:assert/strict";
import type { Caller, UploadRecord } from "../../services/model.ts";
import { keys } from "../../services/records/keys.ts";
import type { Records } from "../../services/records/records.ts";
import { cancelUpload } from "../../services/uploads/end.ts";
import { writeChunk } from "../../services/uploads/write_chunk.ts";
import { ALICE, startApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { jitter } from "../support/jitter.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent } from "../support/store_check.ts";
import { complete, download, openSession, putChunk, wholeSession } from "../support/uploads.ts";

const ROUNDS = 200;
const CALLER: Caller = { id: ALICE.sub, role: "user", name: ALICE.sub };

Deno.test("of two who complete one upload at once, both get the one attachment", async () => {
  await using app = await startApp();
  const ready = barrier(2);
  const wait = jitter(1);
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(100 + round % 3, { seed: round });
    const id = await wholeSession(app, { bytes });
    const answers = await Promise.all([1, 2].map(async () => {
      await ready();
      await wait();
      return await complete(app, { id });
    }));
    assert.ok(answers.every(({ status }) => status === 201 || status === 200), JSON.stringify(answers));
    assert.ok(answers.some(({ status }) => status === 201));
    assert.equal(answers[0]!.attachmentId, answers[1]!.attachmentId);
    assert.deepEqual(await download(app, answers[0]!.attachmentId!), bytes);
  }
  const { attachments } = await assertConsistent(app);
  assert.equal(attachments.length, ROUNDS);
});

Deno.test("complete and cancel at once leave a whole attachment or nothing, and both are told which", async () => {
  await using app = await startApp();
  const ready = barrier(2);
  const wait = jitter(2);
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  let cancelled = 0;
  for (let round = 0; round < ROUNDS; round++) {
    // Every other content is stored already, so that finishing also goes the way of equal content.
    const bytes = randomBytes(100, { seed: round >> 1 });
    const id = await wholeSession(app, { bytes });
    const [done, cancel] = await Promise.all([
      ready().then(wait).then(() => complete(app, { id })),
      ready().then(wait).then(() => app.json("DELETE", `/api/v1/uploads/${id}`)),
    ]);
    if (done.status === 201) {
      assert.deepEqual([cancel.status, cancel.body.code], [409, "upload-ended"]);
      kept.set(done.attachmentId!, bytes);
    } else {
      assert.deepEqual([done.status, done.code, cancel.status], [410, "upload-cancelled", 204]);
      cancelled++;
    }
    const shown = await app.json("GET", `/api/v1/uploads/${id}`);
    assert.equal(shown.body.status, done.status === 201 ? "completed" : 410);
  }
  const { attachments } = await assertConsistent(app);
  assert.deepEqual(attachments.map(({ id }) => id).toSorted(), [...kept.keys()].toSorted());
  for (const [id, bytes] of kept) assert.deepEqual(await download(app, id), bytes);
  // A race that always ends the same way shows nothing.
  assert.ok(kept.size > 0 && cancelled > 0, `${kept.size} kept, ${cancelled} cancelled`);
});

Deno.test("two who open the same file at once get the same session", async () => {
  await using app = await startApp();
  const ready = barrier(2);
  const wait = jitter(3);
  for (let round = 0; round < ROUNDS; round++) {
    const mark = round % 2 === 0
      ? { fingerprint: `file ${round}` }
      : { sha256: round.toString(16).padStart(64, "0") };
    const body = { fileName: "file.bin", size: 1000, ...mark };
    const answers = await Promise.all([1, 2].map(async () => {
      await ready();
      await wait();
      return await app.json("POST", "/api/v1/uploads", { body });
    }));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 201]);
    assert.equal(answers[0]!.body.id, answers[1]!.body.id);
  }
  assert.equal((await assertConsistent(app)).uploads.length, ROUNDS);
});

Deno.test("a chunk that comes as its upload is completed changes nothing and is told so", async () => {
  await using app = await startApp();
  const ready = barrier(2);
  const wait = jitter(4);
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(100, { seed: round });
    const id = await wholeSession(app, { bytes });
    const other = round % 2 === 0 ? bytes : randomBytes(100, { seed: -1 });
    const [done, chunk] = await Promise.all([
      ready().then(wait).then(() => complete(app, { id })),
      ready().then(wait).then(() => putChunk(app, { id, body: other })),
    ]);
    assert.equal(done.status, 201);
    const expected = other === bytes ? [null, "upload-ended"] : ["chunk-conflict", "upload-ended"];
    assert.ok(expected.includes(chunk.code), String(chunk.code));
    assert.deepEqual(await download(app, done.attachmentId!), bytes);
  }
  await assertConsistent(app);
});

Deno.test("chunks in flight when their upload is cancelled leave no byte behind", async () => {
  await using app = await startApp({ pawlJson: { chunks: { min: 1024 } } });
  const ready = barrier(4);
  const wait = jitter(5);
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const id = await openSession(app, { size: 3 * 1024 });
    const chunk = async (index: number) => {
      await ready();
      await wait();
      const body = randomBytes(1024, { seed: round, offset: index * 1024 });
      return await putChunk(app, { id, offset: index * 1024, body });
    };
    const cancel = async () => {
      await ready();
      await wait();
      return (await app.json("DELETE", `/api/v1/uploads/${id}`)).status;
    };
    const [status, ...chunks] = await Promise.all([cancel(), chunk(0), chunk(1), chunk(2)]);
    assert.equal(status, 204);
    for (const { code } of chunks) {
      assert.ok(code === null || code === "upload-cancelled", String(code));
      seen.add(code ?? "recorded");
    }
  }
  const { files, blobs } = await assertConsistent(app);
  assert.deepEqual([blobs, files], [[], new Map()]);
  assert.deepEqual([...seen].toSorted(), ["recorded", "upload-cancelled"]);
});

Deno.test("a chunk whose upload is cancelled between its last look and its commit does not count", async () => {
  await using app = await startApp();
  const id = await openSession(app, { size: 100 });
  const { core } = app.services;
  const statusOf = async () => (await core.records.get<UploadRecord>(keys.upload(id))).value!.status;
  let cancelling: Promise<void> | null = null;
  const records: Records = {
    ...core.records,
    transact: (attempt) =>
      core.records.transact(async (commit, tries) => {
        const result = await attempt(commit, tries);
        // It waits for this writer, so that only its commit is waited for here.
        cancelling ??= cancelUpload(core, CALLER, id);
        while (await statusOf() === "uploading");
        return result;
      }),
  };
  const body = new Response(randomBytes(100, { seed: 1 })).body!;
  const writing = writeChunk({ ...core, records }, CALLER, {
    id,
    chunk: { offset: 0, length: 100, digests: {}, body },
  });
  await assert.rejects(writing, { code: "upload-cancelled" });
  await cancelling;
  const { blobs, files } = await assertConsistent(app);
  assert.deepEqual([blobs, files], [[], new Map()]);
});
