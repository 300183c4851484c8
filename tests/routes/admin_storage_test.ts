/** What is stored, and by whom, as administrators see it. */
import assert from "node:assert/strict";
import { SYSTEM } from "../../services/audit/entry.ts";
import { sweepBlobs } from "../../services/cleanup.ts";
import { findJob } from "../../services/jobs/overview.ts";
import { startRun } from "../../services/jobs/runner.ts";
import { keys } from "../../services/records/keys.ts";
import { drawing } from "../services/images/pictures.ts";
import { adminGet, adminPages, runJob } from "../support/admin.ts";
import { ADMIN, ALICE, BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertReportRight } from "../support/storage_recount.ts";
import { blobPaths, putFile } from "../support/stored_files.ts";
import { OFFSET_BYTES } from "../support/tus.ts";
import { SMALL_CHUNKS } from "../support/upload_calls.ts";
import { openSession, purge, putChunk, wholeSession } from "../support/uploads.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const CAROL: TestUser = { sub: "carol" };

const count = async (app: TestApp) => {
  const run = await runJob(app, "storageReport");
  assert.deepEqual([run.state, run.errors, run.removed], ["done", 0, 0], run.messages.join());
  return run;
};

/** A final upload of two parts, of which one comes twice; the parts have ended. */
async function filesOfParts(app: TestApp): Promise<void> {
  const tus = async (headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>) => {
    const response = await app.request("/files", {
      method: "POST",
      headers: { "Tus-Resumable": "1.0.0", ...headers, ...(body && { "Content-Type": OFFSET_BYTES }) },
      ...(body && { body }),
    });
    assert.equal(response.status, 201, await response.text());
    return response.headers.get("Location")!;
  };
  const parts: string[] = [];
  for (const [seed, size] of [[1, 3000], [2, 4000]] as const) {
    const headers = { "Upload-Concat": "partial", "Upload-Length": String(size) };
    parts.push(await tus(headers, randomBytes(size, { seed })));
  }
  await tus({ "Upload-Concat": `final;${parts[0]} ${parts[1]} ${parts[0]}` });
  for (const part of parts) {
    const headers = { "Tus-Resumable": "1.0.0" };
    const response = await app.request(new URL(part, "http://localhost").pathname, {
      method: "DELETE",
      headers,
    });
    assert.equal(response.status, 204);
  }
}

Deno.test("where nothing was counted all is nothing, and says so", async () => {
  await using app = await startApp({ pawlJson: { jobs: { storageReport: { enabled: false } } } });
  await putFile(app);
  const { asOf, complete, growth, disk, ...figures } = await adminGet(app, "storage");
  assert.deepEqual([asOf, complete, growth], [null, false, []]);
  assert.ok(disk.freeBytes > 0);
  assert.ok(Object.values(figures).every((figure) => figure === 0), JSON.stringify(figures));
  assert.deepEqual(await adminGet(app, "usage"), { items: [], asOf: null, cursor: null });
});

Deno.test("a new installation does not go on saying that it is empty: the first file is counted when somebody looks", async () => {
  await using app = await startApp();
  const runs = async () => (await adminGet(app, "jobs/storageReport/runs")).items.length;
  await count(app);
  assert.deepEqual([(await adminGet(app, "storage")).files, await runs()], [0, 1], "there is nothing");
  app.clock += MINUTE;
  const { id } = await putFile(app);
  const { files, asOf } = await adminGet(app, "storage");
  assert.deepEqual([files, asOf, await runs()], [1, new Date(app.clock).toISOString(), 2]);

  app.clock += MINUTE;
  await putFile(app, { user: BOB });
  await app.json("DELETE", `/api/v1/attachments/${id}`);
  assert.equal((await adminGet(app, "storage")).asOf, asOf, "the next ones by the hour");
  assert.equal((await adminGet(app, "usage")).asOf, asOf);
  assert.equal(await runs(), 2);
});

Deno.test("who looks at people sees the first file too, but a count that has failed is left to its schedule", async () => {
  await using app = await startApp();
  await count(app);
  await putFile(app);
  const { core } = app.services;
  const failing = { ...findJob("storageReport"), step: () => Promise.reject(new Error("no answer")) };
  assert.equal((await (await startRun(core, failing, { actor: SYSTEM }))!.ended)!.state, "failed");
  assert.deepEqual((await adminGet(app, "usage")).items, []);
  await count(app);
  assert.equal((await adminGet(app, "usage")).items.length, 1);

  await using other = await startApp();
  await count(other);
  await putFile(other);
  assert.equal((await adminGet(other, "usage")).items.length, 1);
});

Deno.test("the figures are those that are counted from outside, at each stage of what files go through", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  const check = async () => {
    await app.services.core.background.settled();
    await count(app);
    await assertReportRight(app);
  };
  await check();

  const files: string[] = [];
  for (const [n, user] of [ALICE, BOB, ALICE, BOB, CAROL].entries()) {
    // The first two of equal content, of two owners; the third and the fourth too.
    files.push((await putFile(app, { body: randomBytes(1000 + (n >> 1), { seed: n >> 1 }), user })).id);
  }
  await putFile(app, { body: "" });
  const picture = new Uint8Array(await drawing({ width: 400, height: 200 }).png().toBuffer());
  for (const user of [ALICE, BOB]) await putFile(app, { fileName: "picture.png", body: picture, user });
  await check();
  assert.equal((await adminGet(app, "storage")).variants, 1);

  const session = await openSession(app, { size: 10_000, user: { sub: "dave" } });
  await putChunk(app, { id: session, body: randomBytes(2000, { seed: 7 }), user: { sub: "dave" } });
  await putChunk(app, {
    id: session,
    offset: 2000,
    body: randomBytes(1500, { seed: 8 }),
    user: { sub: "dave" },
  });
  await openSession(app, { size: 5 });
  await wholeSession(app, { bytes: randomBytes(4444, { seed: 9 }), user: CAROL });
  await filesOfParts(app);
  await check();

  await app.json("DELETE", `/api/v1/attachments/${files[0]}`, { user: ADMIN });
  await app.json("DELETE", `/api/v1/attachments/${files[4]}`, { user: ADMIN });
  await check();
  app.clock += 30 * DAY;
  await runJob(app, "expiredSessions");
  await runJob(app, "softDeleted");
  await app.json("DELETE", `/api/v1/attachments/${files[1]}`, { user: ADMIN });
  await check();

  assert.equal(await purge(app, files[2]!), 204);
  await app.json("DELETE", `/api/v1/attachments/${files[4]}?permanent=true`, { user: ADMIN });
  await check();
  assert.ok((await adminGet(app, "storage")).condemnedBytes > 0);
  app.clock += 11 * MINUTE;
  while ((await sweepBlobs(app.services.core)).more);
  await check();
  assert.equal((await adminGet(app, "storage")).condemnedBytes, 0);
  await app.restart();
  await check();
});

Deno.test("without deduplication nothing is saved", async () => {
  await using app = await startApp({ pawlJson: { dedupe: { enabled: false } } });
  for (let times = 0; times < 3; times++) await putFile(app, { body: "equal" });
  await count(app);
  const { savedBytes, storedBytes, blobs } = await adminGet(app, "storage");
  assert.deepEqual({ savedBytes, storedBytes, blobs }, { savedBytes: 0, storedBytes: 15, blobs: 3 });
});

Deno.test("a damaged content is counted as such", async () => {
  await using app = await startApp();
  await putFile(app, { body: "some bytes" });
  await putFile(app, { body: "some bytes", user: BOB });
  await Deno.writeTextFile((await blobPaths(app))[0]!, "any bytes!");
  await runJob(app, "storedBytes");
  await count(app);
  const { damagedBlobs, savedBytes } = await adminGet(app, "storage");
  assert.deepEqual([damagedBlobs, savedBytes], [1, 10]);
});

Deno.test("growth has one line for each day of UTC, that of its last count, and of 400 days", async () => {
  await using app = await startApp();
  app.clock = Date.parse("2031-03-01T23:58:00Z");
  await putFile(app, { body: "1" });
  await count(app);
  app.clock = Date.parse("2031-03-01T23:59:59.999Z");
  await putFile(app, { body: "22" });
  await count(app);
  app.clock = Date.parse("2031-03-02T00:00:00Z");
  await putFile(app, { body: "22", user: BOB });
  await count(app);
  assert.deepEqual((await adminGet(app, "storage")).growth, [
    { day: "2031-03-01", files: 2, fileBytes: 3, storedBytes: 3 },
    { day: "2031-03-02", files: 3, fileBytes: 5, storedBytes: 3 },
  ]);
  for (let day = 0; day < 402; day++) {
    app.clock += DAY;
    if (day < 395) continue;
    await count(app);
  }
  const last = await adminGet(app, "storage");
  assert.deepEqual(
    [last.growth.length, last.growth[0].day],
    [9, "2031-03-01"],
    "days without a count are left out",
  );
  await app.services.core.records.transact((commit) => {
    for (let day = 0; day < 450; day++) {
      const name = new Date(Date.UTC(2029, 0, 1) + day * DAY).toISOString().slice(0, 10);
      commit.set(keys.storageDay(name), { files: day, fileBytes: 0, storedBytes: 0 });
    }
    return Promise.resolve();
  });
  const { growth } = await adminGet(app, "storage");
  assert.deepEqual([growth.length, growth[0].files, growth.at(-1).day], [400, 59, last.growth.at(-1).day]);
  for (let times = 0; times < 7; times++) await count(app);
  const kept = await app.services.core.records.page(keys.storageDays(), { limit: 1000 });
  assert.equal(kept.length, 400);
});

Deno.test("owners are listed by what they have or by name, in pages, with what they upload today", async () => {
  const limits = { uploadsAtOnce: 2, uploadsPerMinute: 0, bytesPerDay: "1 MiB" };
  await using app = await startApp({ pawlJson: { limits } });
  const sizes = { alice: 300, bob: 5000, carol: 300, dave: 10 };
  for (const [sub, size] of Object.entries(sizes)) {
    await putFile(app, { user: { sub }, body: randomBytes(size, { seed: size }) });
  }
  await openSession(app, { size: 1000, user: { sub: "erin" } });
  await openSession(app, { size: 1001, user: { sub: "erin" } });
  await openSession(app, { size: 1000, user: { sub: "alice" } });
  await putFile(app, { user: ADMIN, body: "1" });
  await count(app);

  const list = async (sort: string) =>
    (await adminPages(app, `usage?sort=${sort}`, { limit: 2 })).items.map(({ ownerId }) => ownerId);
  assert.deepEqual(await list("bytes"), ["bob", "carol", "alice", "dave", "root", "erin"]);
  assert.deepEqual(await list("name"), ["alice", "bob", "carol", "dave", "erin", "root"]);
  const { items, asOf } = await adminGet(app, "usage?sort=name");
  assert.equal(asOf, new Date(app.clock).toISOString());
  const none = { deletedFiles: 0, deletedBytes: 0, binnedFiles: 0, binnedBytes: 0 };
  assert.deepEqual([items[0], items[4], items[5]], [
    { ownerId: "alice", files: 1, bytes: 300, ...none, uploadsNow: 1, bytesToday: 1300, limited: false },
    { ownerId: "erin", files: 0, bytes: 0, ...none, uploadsNow: 2, bytesToday: 2001, limited: true },
    { ownerId: "root", files: 1, bytes: 1, ...none, uploadsNow: 0, bytesToday: 0, limited: false },
  ]);
  app.clock += DAY;
  const [later] = (await adminGet(app, "usage?sort=name")).items;
  assert.deepEqual([later.bytes, later.uploadsNow, later.bytesToday], [300, 0, 0]);
});

Deno.test("who has nothing any more is not listed after the next count, and nothing is kept of them", async () => {
  await using app = await startApp();
  const { records } = app.services.core;
  await putFile(app, { user: BOB, body: "kept" });
  const { id } = await putFile(app);
  await count(app);
  assert.equal(await purge(app, id), 204);
  assert.equal((await adminGet(app, "usage")).items.length, 2, "as it was counted");
  await count(app);
  for (const sort of ["bytes", "name"]) {
    const { items } = await adminGet(app, `usage?sort=${sort}`);
    assert.deepEqual(items.map(({ ownerId }: { ownerId: string }) => ownerId), ["bob"]);
  }
  await count(app);
  const rows = async (prefix: Deno.KvKey) => (await records.page(prefix, { limit: 100 })).length;
  assert.deepEqual([await rows(keys.usageReports()), await rows(keys.usageByBytesAll())], [1, 2]);
});
