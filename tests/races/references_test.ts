import assert from "node:assert/strict";
import { sweepBlobs } from "../../services/cleanup.ts";
import { ALICE, BOB, startApp, type TestApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { jitter } from "../support/jitter.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { complete, download, purge, uploadFile, wholeSession } from "../support/uploads.ts";

const ROUNDS = 300;
const MINUTE = 60_000;

Deno.test("the last reference goes as the same content comes: the new file is always there, with its bytes", async () => {
  await using app = await startApp();
  const ready = barrier(3);
  const wait = jitter(1);
  let revived = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(200 + round % 2, { seed: round });
    const old = await uploadFile(app, { bytes });
    const before = (await recordOf(app, old)).blobId;
    const whole = round % 2 === 0;
    const session = whole ? null : await wholeSession(app, { bytes });
    // The grace time is over at once: what is condemned may be swept at any moment.
    const sweeper = async () => {
      await ready();
      for (let sweep = 0; sweep < 4; sweep++) {
        await wait();
        app.clock += 11 * MINUTE;
        await sweepBlobs(app.services.core);
      }
    };
    const [created] = await Promise.all([
      ready().then(wait).then(async () =>
        session === null
          ? await uploadFile(app, { bytes })
          : (await complete(app, { id: session })).attachmentId!
      ),
      ready().then(wait).then(() => purge(app, old)),
      sweeper(),
    ]);
    assert.deepEqual(await download(app, created), bytes);
    if ((await recordOf(app, created)).blobId === before) revived++;
    await sweepBlobs(app.services.core);
    assert.deepEqual(await download(app, created), bytes);
  }
  await cleanUp(app, { hours: 1 });
  const { attachments, blobs, files } = await assertConsistent(app);
  assert.deepEqual([attachments.length, blobs.length, files.size], [ROUNDS, ROUNDS, ROUNDS]);
  assert.ok(revived > 0 && revived < ROUNDS, `${revived} of ${ROUNDS} kept the stored bytes`);
});

Deno.test("an instant upload as its only source is purged gives a readable file, or a session", async () => {
  await using app = await startApp();
  const ready = barrier(2);
  const wait = jitter(2);
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(100, { seed: round });
    const old = await uploadFile(app, { bytes });
    const { sha256 } = await recordOf(app, old);
    const [opened] = await Promise.all([
      ready().then(wait).then(() =>
        app.json("POST", "/api/v1/uploads", { body: { fileName: "again.bin", size: 100, sha256 } })
      ),
      ready().then(wait).then(() => purge(app, old)),
    ]);
    app.clock += 11 * MINUTE;
    await sweepBlobs(app.services.core);
    const { attachment } = opened.body;
    seen.add(attachment ? "instant" : "session");
    if (attachment) assert.deepEqual(await download(app, attachment.id), bytes);
    else assert.equal(opened.status, 201);
  }
  await assertConsistent(app);
  assert.deepEqual([...seen].toSorted(), ["instant", "session"]);
});

Deno.test("the last two references gone at once are counted once each, and the bytes are removed once", async () => {
  await using app = await startApp();
  const ready = barrier(3);
  const wait = jitter(3);
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(100, { seed: round });
    const ids = [await uploadFile(app, { bytes }), await uploadFile(app, { bytes, user: ALICE })];
    assert.equal(await sharedReferences(app, ids), 2);
    // A purge asked for twice counts once, too.
    const statuses = await Promise.all([ids[0]!, ids[1]!, ids[round % 2]!].map(async (id) => {
      await ready();
      await wait();
      return await purge(app, id);
    }));
    assert.ok(statuses.every((status) => status === 204 || status === 404), String(statuses));
  }
  const { blobs } = await assertConsistent(app);
  assert.ok(blobs.length === ROUNDS && blobs.every(({ state, refs }) => state === "condemned" && refs === 0));
  const { core } = app.services;
  app.clock += 11 * MINUTE;
  // Two cleaners at once, step by step.
  let steps = 0;
  for (let more = true; more; steps++) {
    more = (await Promise.all([sweepBlobs(core), sweepBlobs(core)])).some((step) => step.more);
  }
  assert.ok(steps > 1);
  const after = await assertConsistent(app);
  assert.deepEqual([after.blobs, after.files], [[], new Map()]);
});

Deno.test("many who upload one content at once all get their file, and it is stored once", async () => {
  await using app = await startApp();
  for (let round = 0; round < 5; round++) {
    const bytes = randomBytes(500, { seed: round });
    const users = Array.from({ length: 40 }, (_, index) => index % 2 === 0 ? ALICE : BOB);
    await Promise.all(users.map((user) => uploadFile(app, { bytes, user })));
  }
  const { blobs, files } = await assertConsistent(app);
  assert.deepEqual(blobs.map(({ refs }) => refs), [40, 40, 40, 40, 40]);
  assert.equal(files.size, 5);
});

Deno.test("a download that began before its file was purged and swept ends with all its bytes", async () => {
  await using app = await startApp();
  const size = 3 * 1024 * 1024;
  const bytes = randomBytes(size, { seed: 1 });
  const id = await uploadFile(app, { bytes });
  const response = await app.request(`/api/v1/attachments/${id}/content`);
  const reader = response.body!.getReader();
  const pieces = [(await reader.read()).value!];
  await purge(app, id);
  await cleanUp(app, { hours: 1 });
  assert.equal((await assertConsistent(app)).files.size, 0);
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.push(piece.value);
  assert.deepEqual(await new Blob(pieces).bytes(), bytes);
});

async function recordOf(app: TestApp, id: string) {
  const { value } = await app.services.core.records.get<{ blobId: string; sha256: string }>([
    "attachment",
    BigInt(id),
  ]);
  assert.ok(value, `attachment ${id}`);
  return value;
}

/** How often the one blob of these attachments is referred to. */
async function sharedReferences(app: TestApp, ids: string[]): Promise<number> {
  const blobs = new Set(await Promise.all(ids.map(async (id) => (await recordOf(app, id)).blobId)));
  assert.equal(blobs.size, 1);
  const { value } = await app.services.core.records.get<{ refs: number }>(["blob", [...blobs][0]!]);
  return value!.refs;
}
