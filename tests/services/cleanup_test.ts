/** What time and crashes leave behind: the states are made as a clock or a crash between two steps leaves them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { expireUploads, sweepBlobs } from "../../services/cleanup.ts";
import type { Core } from "../../services/core.ts";
import type { AttachmentRecord, BlobRecord, UploadRecord } from "../../services/model.ts";
import { SYSTEM } from "../../services/audit/entry.ts";
import { keys } from "../../services/records/keys.ts";
import type { ChunkRecord } from "../../services/records/uploads.ts";
import { endWithoutFile } from "../../services/uploads/end.ts";
import { finish } from "../../services/uploads/finish.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import {
  complete,
  download,
  openSession,
  purge,
  putChunk,
  uploadFile,
  wholeSession,
} from "../support/uploads.ts";

/** Stores a file, deletes it for good, and gives the path of its bytes. */
async function condemned(app: TestApp, content: string): Promise<string> {
  const stored = await app.request("/api/v1/files/a.txt", { method: "PUT", body: content });
  const { id } = await stored.json();
  const { value } = await app.services.core.records.get<AttachmentRecord>(keys.attachment(id));
  await app.request(`/api/v1/attachments/${id}?permanent=true`, { method: "DELETE" });
  const [day, random] = value!.blobId.split("-");
  return join(app.config.dataDir, "blobs", day!, random!);
}

Deno.test("bytes that cannot be removed keep no others from being removed, and are tried again", async () => {
  await using app = await startApp();
  const stuck = await condemned(app, "first");
  const other = await condemned(app, "second");
  app.clock += app.config.blobs.graceMinutes * 60_000 + 1000;
  await Deno.remove(stuck);
  await Deno.mkdir(join(stuck, "not to be removed"), { recursive: true });

  await assert.rejects(sweepBlobs(app.services.core), { code: "storage-unavailable" });
  await assert.rejects(Deno.stat(other), Deno.errors.NotFound);

  await Deno.remove(stuck, { recursive: true });
  assert.deepEqual(await sweepBlobs(app.services.core), { removed: 1, more: false });
  assert.deepEqual(await sweepBlobs(app.services.core), { removed: 0, more: false });
});

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

const blobRecord = async (app: TestApp, id: string) =>
  (await app.services.core.records.get<BlobRecord>(keys.blob(id))).value;
const attachmentRecord = async (app: TestApp, id: string) =>
  (await app.services.core.records.get<AttachmentRecord>(keys.attachment(id))).value!;
const uploadRecord = async (app: TestApp, id: string) =>
  (await app.services.core.records.get<UploadRecord>(keys.upload(id))).value!;
const entries = (app: TestApp, prefix: Deno.KvKey) =>
  app.services.core.records.page(prefix, { limit: 10_000 });

/** Changes records behind the back of the services. */
async function change(app: TestApp, put: (commit: Deno.AtomicOperation) => void): Promise<void> {
  await app.services.core.records.transact((commit) => {
    put(commit);
    return Promise.resolve();
  });
}

Deno.test("bytes without a reference wait for the grace time, to the millisecond, and go then", async () => {
  await using app = await startApp({ pawlJson: { blobs: { graceMinutes: 3 } } });
  const id = await uploadFile(app, { bytes: randomBytes(100, { seed: 1 }) });
  const { blobId } = await attachmentRecord(app, id);
  await purge(app, id);
  const purged = app.clock;
  app.clock = purged + 180 * SECOND - 1;
  assert.deepEqual(await sweepBlobs(app.services.core), { removed: 0, more: false });
  assert.equal((await blobRecord(app, blobId))!.state, "condemned");
  app.clock = purged + 180 * SECOND;
  assert.deepEqual(await sweepBlobs(app.services.core), { removed: 1, more: false });
  assert.deepEqual((await assertConsistent(app)).blobs, []);
});

Deno.test("entries of the sweep that lead to nothing, or to bytes in use, remove no bytes and go", async () => {
  await using app = await startApp();
  const bytes = randomBytes(100, { seed: 2 });
  const used = await uploadFile(app, { bytes });
  const { blobId } = await attachmentRecord(app, used);
  const session = await wholeSession(app, { bytes: randomBytes(200, { seed: 3 }) });
  const writing = (await uploadRecord(app, session)).blobId;
  const gone = app.services.core.blobs.newId();
  await change(app, (commit) => {
    for (const id of [blobId, writing, gone]) commit.set(keys.blobSweep(app.clock - DAY, id), id);
  });
  await sweepBlobs(app.services.core);
  assert.deepEqual(await download(app, used), bytes);
  assert.equal((await complete(app, { id: session })).status, 201);
  assert.equal((await assertConsistent(app)).blobs.length, 2);
});

Deno.test("bytes that are condemned a second time wait for the whole grace time again", async () => {
  await using app = await startApp();
  const bytes = randomBytes(100, { seed: 4 });
  const first = await uploadFile(app, { bytes });
  const { blobId } = await attachmentRecord(app, first);
  await purge(app, first);
  app.clock += 9 * 60 * SECOND;
  const second = await uploadFile(app, { bytes });
  assert.equal((await attachmentRecord(app, second)).blobId, blobId);
  await purge(app, second);
  app.clock += 9 * 60 * SECOND;
  await sweepBlobs(app.services.core);
  assert.equal((await blobRecord(app, blobId))!.state, "condemned");
  app.clock += 60 * SECOND;
  await sweepBlobs(app.services.core);
  assert.equal(await blobRecord(app, blobId), null);
});

Deno.test("bytes that are referred to again just before they would be removed stay", async () => {
  await using app = await startApp();
  const bytes = randomBytes(100, { seed: 5 });
  const old = await uploadFile(app, { bytes });
  const { blobId } = await attachmentRecord(app, old);
  await purge(app, old);
  app.clock += HOUR;
  const { core } = app.services;
  let revived: string | null = null;
  const records = {
    ...core.records,
    async get<T>(key: Deno.KvKey) {
      const entry = await core.records.get<T>(key);
      // Between what the sweep reads and what it commits.
      if (key[0] === "blob") revived ??= await uploadFile(app, { bytes });
      return entry;
    },
  };
  await sweepBlobs({ ...core, records });
  assert.equal((await attachmentRecord(app, revived!)).blobId, blobId);
  assert.deepEqual(await download(app, revived!), bytes);
  await assertConsistent(app);
});

Deno.test("many condemned bytes are removed in bounded steps", async () => {
  await using app = await startApp();
  for (let seed = 0; seed < 101; seed++) {
    await purge(app, await uploadFile(app, { bytes: randomBytes(10, { seed }) }));
  }
  app.clock += HOUR;
  assert.deepEqual(await sweepBlobs(app.services.core), { removed: 100, more: true });
  assert.equal((await assertConsistent(app)).files.size, 1);
  assert.deepEqual(await sweepBlobs(app.services.core), { removed: 1, more: false });
  assert.equal((await assertConsistent(app)).files.size, 0);
});

Deno.test("an ended upload answers for seven days, to the millisecond, and is forgotten then with its marks", async () => {
  await using app = await startApp();
  const id = await openSession(app, { size: 100, fingerprint: "f", sha256: "0".repeat(64) });
  assert.equal((await app.json("DELETE", `/api/v1/uploads/${id}`)).status, 204);
  const ended = app.clock;
  const { core } = app.services;
  for (const [time, status] of [[25 * HOUR, 410], [7 * DAY - 1, 410], [7 * DAY, 404]] as const) {
    app.clock = ended + time;
    await expireUploads(core);
    assert.equal((await app.json("GET", `/api/v1/uploads/${id}`)).status, status, `after ${time} ms`);
  }
  for (const prefix of ["upload", "upload_by_expiry", "upload_by_sha256", "upload_by_fingerprint"]) {
    assert.deepEqual(await entries(app, [prefix]), [], prefix);
  }
});

Deno.test("forgetting an upload leaves the marks of a newer one of the same file", async () => {
  await using app = await startApp();
  const body = { fileName: "file.bin", size: 100, fingerprint: "f" };
  const old = await openSession(app, { size: 100, fingerprint: "f" });
  await app.json("DELETE", `/api/v1/uploads/${old}`);
  app.clock += 7 * DAY;
  const newer = await app.json("POST", "/api/v1/uploads", { body });
  await expireUploads(app.services.core);
  assert.equal((await app.json("GET", `/api/v1/uploads/${old}`)).status, 404);
  const found = await app.json("POST", "/api/v1/uploads", { body });
  assert.deepEqual([found.status, found.body.id], [200, newer.body.id]);
});

Deno.test("entries of the expiry that lead to no upload, or look at one too early, do nothing but go", async () => {
  await using app = await startApp();
  const bytes = randomBytes(100, { seed: 6 });
  const id = await wholeSession(app, { bytes });
  const [look] = await entries(app, keys.uploadsByExpiry());
  await change(app, (commit) => {
    commit.set(keys.uploadByExpiry(app.clock - DAY, "A".repeat(22)), true);
    commit.delete(look!.key).set(keys.uploadByExpiry(app.clock - DAY, id), true);
  });
  assert.deepEqual(await expireUploads(app.services.core), { expired: 0, forgotten: 1, more: false });
  assert.equal((await complete(app, { id })).status, 201);
  await assertConsistent(app);
});

Deno.test("two expiry jobs at once end each upload once, and free all bytes", async () => {
  await using app = await startApp();
  for (let seed = 0; seed < 30; seed++) await wholeSession(app, { bytes: randomBytes(50, { seed }) });
  app.clock += 25 * HOUR;
  const { core } = app.services;
  // No two of them have the same time.
  await Promise.all([expireUploads(core), expireUploads({ ...core, now: () => app.clock + 5 })]);
  const { uploads, blobs, files } = await assertConsistent(app);
  assert.ok(uploads.length === 30 && uploads.every(({ status }) => status === "expired"));
  assert.deepEqual([blobs, files], [[], new Map()]);
});

Deno.test("jobs that run beside uploads and deletes disturb none of them", async () => {
  await using app = await startApp();
  const { core } = app.services;
  let done = false;
  const jobs = [expireUploads, sweepBlobs].map(async (job) => {
    while (!done) {
      await job(core);
      // The grace time passes a hundred times, no upload's time does.
      app.clock += 30 * SECOND;
    }
  });
  const traffic = Array.from({ length: 4 }, async (_, client) => {
    for (let round = 0; round < 25; round++) {
      const bytes = randomBytes(300, { seed: round % 3 });
      const id = round % 2 === 0
        ? await uploadFile(app, { bytes })
        : (await complete(app, { id: await wholeSession(app, { bytes }) })).attachmentId!;
      assert.deepEqual(await download(app, id), bytes, `client ${client}, round ${round}`);
      assert.equal(await purge(app, id), 204);
    }
  });
  await Promise.all(traffic).finally(() => done = true);
  await Promise.all(jobs);
  await cleanUp(app, { hours: 1 });
  assert.deepEqual((await assertConsistent(app)).blobs, []);
});

/** The services as they are when the process ends at the first removal of bytes. */
function endsBeforeRemoval({ services: { core } }: TestApp): Core {
  const ends = () => Promise.reject(new Error("the process ended here"));
  return {
    ...core,
    blobs: { ...core.blobs, remove: ends },
    background: { ...core.background, run: () => {} },
  };
}

Deno.test("a cancel that a crash cut off after its commit is carried on at the next start", async () => {
  await using app = await startApp();
  const id = await wholeSession(app, { bytes: randomBytes(100, { seed: 7 }) });
  const ending = endWithoutFile(endsBeforeRemoval(app), await uploadRecord(app, id), {
    status: "cancelled",
    actor: SYSTEM,
  });
  await assert.rejects(ending, /the process ended here/);
  assert.equal((await entries(app, ["upload_chunk"])).length, 1);
  await app.restart();
  const { blobs, files } = await assertConsistent(app);
  assert.deepEqual([blobs, files], [[], new Map()]);
  assert.equal((await app.json("GET", `/api/v1/uploads/${id}`)).body.code, "upload-cancelled");
});

Deno.test("a completion that a crash cut off after its commit is whole at the next start", async () => {
  await using app = await startApp();
  const bytes = randomBytes(100, { seed: 8 });
  await uploadFile(app, { bytes });
  for (const content of [bytes, randomBytes(100, { seed: 9 })]) {
    const id = await wholeSession(app, { bytes: content });
    const record = await uploadRecord(app, id);
    const { blobs } = app.services.core;
    const digest = await blobs.digest(record.blobId, blobs.segments(record.blobId, record.size!));
    // The commit without what follows it.
    const { attachment } = await finish(app.services.core, {
      actor: SYSTEM,
      ownerId: record.ownerId,
      facts: record,
      content: { blobId: record.blobId, size: record.size!, ...digest },
      uploadId: id,
    });
    await app.restart();
    await assertConsistent(app);
    const again = await complete(app, { id });
    assert.deepEqual([again.status, again.attachmentId], [200, attachment.id]);
    assert.deepEqual(await download(app, attachment.id), content);
  }
  const { blobs, files } = await assertConsistent(app);
  assert.deepEqual([blobs.map(({ refs }) => refs).toSorted(), files.size], [[1, 2], 2]);
});

Deno.test("removals that a crash cut off are carried on, whether the bytes are there or gone", async () => {
  await using app = await startApp();
  const blobIds: string[] = [];
  for (let seed = 10; seed < 12; seed++) {
    const id = await uploadFile(app, { bytes: randomBytes(100, { seed }) });
    blobIds.push((await attachmentRecord(app, id)).blobId);
    await purge(app, id);
  }
  app.clock += HOUR;
  await assert.rejects(sweepBlobs(endsBeforeRemoval(app)), /the process ended here/);
  await app.services.core.blobs.remove(blobIds[0]!);
  for (const id of blobIds) assert.equal((await blobRecord(app, id))!.state, "deleting");
  await app.restart();
  const { blobs, files } = await assertConsistent(app);
  assert.deepEqual([blobs, files], [[], new Map()]);
});

Deno.test("uploads whose bytes are all there are finished at the start; wrong, broken and empty ones are not", async () => {
  await using app = await startApp({ pawlJson: { chunks: { min: 1024 } } });
  const bytes = randomBytes(2000, { seed: 13 });
  const right = await wholeSession(app, { bytes });
  const wrong = await openSession(app, { size: 2000, sha256: "0".repeat(64) });
  await putChunk(app, { id: wrong, body: bytes });
  const part = await openSession(app, { size: 2000 });
  await putChunk(app, { id: part, body: bytes.slice(0, 1024) });
  const empty = await openSession(app, { size: 0 });
  const lost = await wholeSession(app, { bytes: randomBytes(100, { seed: 14 }) });
  await app.services.core.blobs.remove((await uploadRecord(app, lost)).blobId);
  await app.restart();
  await app.services.core.background.settled();

  const states: Record<string, unknown> = {};
  for (const [name, id] of Object.entries({ right, wrong, part, empty, lost })) {
    const { body } = await app.json("GET", `/api/v1/uploads/${id}`);
    states[name] = body.code ?? body.status;
  }
  assert.deepEqual(states, {
    right: "completed",
    wrong: "upload-failed",
    part: "uploading",
    empty: "uploading",
    lost: "uploading",
  });
  const { attachmentId } = await complete(app, { id: right });
  assert.deepEqual(await download(app, attachmentId!), bytes);
});

Deno.test("more uploads than fit into one page are finished at the start", async () => {
  await using app = await startApp();
  for (let seed = 0; seed < 105; seed++) await wholeSession(app, { bytes: randomBytes(10, { seed }) });
  await app.restart();
  const { attachments, uploads } = await assertConsistent(app);
  assert.equal(attachments.length, 105);
  assert.ok(uploads.every(({ status }) => status === "completed"));
});

Deno.test("chunk records of ended uploads are deleted at the start, however many there are", async () => {
  await using app = await startApp();
  const id = await openSession(app, { size: 10_000 });
  for (let from = 0; from < 1000; from += 500) {
    await change(app, (commit) => {
      for (let at = from; at < from + 500; at++) {
        commit.set(
          keys.uploadChunk(id, at),
          { size: 1, sha256: "0".repeat(64), writer: "w" } satisfies ChunkRecord,
        );
      }
    });
  }
  const ending = endWithoutFile(endsBeforeRemoval(app), await uploadRecord(app, id), {
    status: "cancelled",
    actor: SYSTEM,
  });
  await assert.rejects(ending, /the process ended here/);
  const other = await wholeSession(app, { bytes: randomBytes(10, { seed: 15 }) });
  await app.restart();
  await assertConsistent(app);
  assert.deepEqual(await entries(app, ["upload_chunk"]), []);
  assert.equal((await app.json("GET", `/api/v1/uploads/${other}`)).body.status, "completed");
});

Deno.test("bytes of single requests that a crash cut off are removed at the start, recorded ones stay", async () => {
  await using app = await startApp();
  const { core } = app.services;
  const begun = join(app.config.dataDir, "begun");
  const bytes = randomBytes(100, { seed: 16 });
  // Ended before the commit, with and without bytes, and between the commit and the end of the mark.
  for (const size of [100, 0]) {
    const writer = await core.blobs.openWriter(core.blobs.newId(), { announce: true });
    await writer.write(0, bytes.subarray(0, size));
    writer.close();
  }
  await Deno.writeFile(join(begun, core.blobs.newId()), new Uint8Array());
  const kept = await uploadFile(app, { bytes });
  await Deno.writeFile(join(begun, (await attachmentRecord(app, kept)).blobId), new Uint8Array());
  await app.restart();
  const { files } = await assertConsistent(app);
  assert.equal(files.size, 1);
  assert.deepEqual(await download(app, kept), bytes);
});
