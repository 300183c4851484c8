/** The head of the administrators' page. */
import assert from "node:assert/strict";
import { keys } from "../../services/records/keys.ts";
import { adminGet, runJob } from "../support/admin.ts";
import { BOB, startApp } from "../support/app.ts";
import { openSession } from "../support/uploads.ts";

Deno.test("the overview tells version, start, open uploads, failed jobs, waiting pictures and health", async () => {
  await using app = await startApp();
  const startedAt = new Date(app.clock).toISOString();
  await openSession(app, { size: 10 });
  await openSession(app, { size: 10, user: BOB });
  assert.deepEqual(await adminGet(app, "overview"), {
    version: "test",
    startedAt,
    uploads: 2,
    moreUploads: false,
    jobsFailed: [],
    imageQueue: 0,
    health: { records: true, storage: true },
  });
});

Deno.test("a job is among the failed ones until it has run well", async () => {
  await using app = await startApp();
  const { records } = app.services.core;
  // An entry that leads to a record that is none.
  await records.transact((commit) => {
    commit.set(keys.attachment("7"), { id: "not a number", deletedAt: 1, binnedAt: null })
      .set(keys.attachmentDeleted(1, "7"), true);
    return Promise.resolve();
  });
  assert.equal((await runJob(app, "softDeleted")).state, "failed");
  assert.deepEqual((await adminGet(app, "overview")).jobsFailed, ["softDeleted"]);
  await records.transact((commit) => {
    commit.delete(keys.attachment("7"));
    return Promise.resolve();
  });
  assert.equal((await runJob(app, "softDeleted")).state, "done");
  assert.deepEqual((await adminGet(app, "overview")).jobsFailed, []);
});

Deno.test("so many open uploads that counting them takes long are counted up to a thousand", async () => {
  await using app = await startApp();
  for (let n = 0; n < 1001; n += 7) {
    await app.services.core.records.transact((commit) => {
      for (let more = n; more < n + 7; more++) commit.set(keys.uploadByOwner("carol", more, `${more}`), true);
      return Promise.resolve();
    });
  }
  const { uploads, moreUploads } = await adminGet(app, "overview");
  assert.deepEqual([uploads, moreUploads], [1000, true]);
});
