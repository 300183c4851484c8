/** Stored bytes against their records. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SYSTEM } from "../../../services/audit/entry.ts";
import { JOBS } from "../../../services/jobs/jobs.ts";
import { startRun } from "../../../services/jobs/runner.ts";
import type { AttachmentRecord, BlobRecord } from "../../../services/model.ts";
import { keys } from "../../../services/records/keys.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { barrier } from "../../support/barrier.ts";
import { parseFigures, readMetrics } from "../../support/metrics.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../../support/store_check.ts";
import { putFile } from "../../support/stored_files.ts";

const verify = JOBS.find(({ name }) => name === "storedBytes")!;

async function run(app: TestApp) {
  const started = await startRun(app.services.core, verify, { actor: SYSTEM });
  return (await started!.ended)!;
}

async function blobOf(app: TestApp, id: string): Promise<{ blob: BlobRecord; path: string }> {
  const { records } = app.services.core;
  const { value } = await records.get<AttachmentRecord>(keys.attachment(id));
  const blob = await records.get<BlobRecord>(keys.blob(value!.blobId));
  const [day, random] = value!.blobId.split("-");
  return { blob: blob.value!, path: join(app.config.dataDir, "blobs", day!, random!) };
}

const content = async (app: TestApp, id: string) => {
  const response = await app.request(`/api/v1/attachments/${id}/content`);
  return { status: response.status, text: await response.text() };
};

Deno.test("a file whose bytes are other ones is found, not handed out, and right again when they are", async () => {
  await using app = await startApp();
  const { id } = await putFile(app, { body: "right" });
  const { id: other } = await putFile(app, { body: "other" });
  const { path } = await blobOf(app, id);
  assert.deepEqual([(await run(app)).damaged, (await run(app)).lookedAt], [0, 2]);

  await Deno.writeTextFile(path, "wrong");
  const found = await run(app);
  assert.deepEqual([found.damaged, found.errors, found.state], [1, 0, "done"]);
  assert.match(found.messages[0]!, /another digest/);
  assert.equal(parseFigures(await readMetrics(app)).get("pawl_damaged_blobs_total"), 1);
  assert.equal((await blobOf(app, id)).blob.state, "damaged");
  const refused = await content(app, id);
  assert.equal(refused.status, 500);
  assert.equal(JSON.parse(refused.text).code, "blob-missing");
  assert.equal((await content(app, other)).text, "other");

  await Deno.writeTextFile(path, "right");
  const mended = await run(app);
  assert.deepEqual([mended.damaged, mended.messages.length], [0, 1]);
  assert.equal((await content(app, id)).text, "right");
});

Deno.test("equal content that comes again is stored anew when the bytes of before are missing or damaged", async () => {
  for (
    const damage of [(path: string) => Deno.remove(path), (path: string) => Deno.writeTextFile(path, "wrong")]
  ) {
    await using app = await startApp();
    const { id } = await putFile(app, { body: "right" });
    const { path, blob } = await blobOf(app, id);
    await damage(path);
    assert.equal((await run(app)).damaged, 1);
    const again = await putFile(app, { body: "right" });
    const third = await putFile(app, { body: "right" });
    assert.notEqual((await blobOf(app, again.id)).blob.id, blob.id);
    assert.equal((await blobOf(app, third.id)).blob.refs, 2);
    assert.equal((await content(app, again.id)).text, "right");
    // The damaged one goes with its last reference.
    await app.request(`/api/v1/attachments/${id}?permanent=true`, { method: "DELETE" });
    await cleanUp(app, { hours: 1 });
    assert.equal((await app.services.core.records.get(keys.blob(blob.id))).value, null);
    await assertConsistent(app);
  }
});

Deno.test("a run reads as much as it may, and the next one goes on there", async () => {
  const MIB = 1024 * 1024;
  await using app = await startApp({ pawlJson: { jobs: { storedBytes: { bytesPerRun: "1 MiB" } } } });
  for (let seed = 0; seed < 3; seed++) await putFile(app, { body: randomBytes(MIB, { seed }) });
  const runs = [await run(app), await run(app), await run(app), await run(app)];
  assert.deepEqual(runs.map(({ lookedAt }) => lookedAt), [1, 1, 1, 1]);
  assert.deepEqual(runs.map(({ state }) => state), ["partial", "partial", "done", "partial"]);
  assert.deepEqual(runs.map(({ bytesRead }) => bytesRead), [MIB, MIB, MIB, MIB]);
});

Deno.test("more blobs than a step takes are all looked at", async () => {
  await using app = await startApp();
  for (let n = 0; n < 201; n++) await putFile(app, { body: `file ${n}` });
  const { lookedAt, state } = await run(app);
  assert.deepEqual([lookedAt, state], [201, "done"]);
});

Deno.test("files that go while they are verified are no damage, sixty times", async () => {
  await using app = await startApp();
  const ready = barrier(3);
  for (let round = 0; round < 60; round++) {
    const { id } = await putFile(app, { body: `round ${round}` });
    const [found, again] = await Promise.all([
      ready().then(() => run(app)),
      ready().then(() => putFile(app, { body: `round ${round}` })),
      ready().then(async () => {
        await app.request(`/api/v1/attachments/${id}?permanent=true`, { method: "DELETE" });
        await cleanUp(app, { hours: 1 });
      }),
    ]);
    assert.deepEqual([found.damaged, found.errors], [0, 0], found.messages.join());
    assert.equal((await content(app, again.id)).text, `round ${round}`);
    await app.request(`/api/v1/attachments/${again.id}?permanent=true`, { method: "DELETE" });
  }
  await cleanUp(app, { hours: 1 });
  await assertConsistent(app);
});
