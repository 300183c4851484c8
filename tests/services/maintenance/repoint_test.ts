/** Attachments on damaged bytes, when the same bytes come again. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SYSTEM } from "../../../services/audit/entry.ts";
import { JOBS } from "../../../services/jobs/jobs.ts";
import { startRun } from "../../../services/jobs/runner.ts";
import { repointDamaged } from "../../../services/maintenance/repoint.ts";
import type { AttachmentRecord, BlobRecord } from "../../../services/model.ts";
import { keys } from "../../../services/records/keys.ts";
import { BOB, startApp, type TestApp, type TestUser } from "../../support/app.ts";
import { barrier } from "../../support/barrier.ts";
import { assertConsistent, cleanUp } from "../../support/store_check.ts";
import { putFile } from "../../support/stored_files.ts";

const verify = JOBS.find(({ name }) => name === "storedBytes")!;

async function blobOf(app: TestApp, id: string): Promise<BlobRecord> {
  const { records } = app.services.core;
  const { value } = await records.get<AttachmentRecord>(keys.attachment(id));
  return (await records.get<BlobRecord>(keys.blob(value!.blobId))).value!;
}

/** Its bytes become other ones, and that is found. */
async function damage(app: TestApp, id: string): Promise<void> {
  const [day, random] = (await blobOf(app, id)).id.split("-");
  await Deno.writeTextFile(join(app.config.dataDir, "blobs", day!, random!), "wrong");
  const started = await startRun(app.services.core, verify, { actor: SYSTEM });
  assert.equal((await started!.ended)!.damaged, 1);
}

async function repointAll(app: TestApp): Promise<number> {
  for (let repointed = 0;;) {
    const step = await repointDamaged(app.services.core);
    repointed += step.repointed;
    if (!step.more) return repointed;
  }
}

const read = async (app: TestApp, id: string, user?: TestUser) => {
  const response = await app.request(`/api/v1/attachments/${id}/content`, user && { user });
  return response.status === 200 ? await response.text() : response.status;
};

const purge = (app: TestApp, id: string) =>
  app.request(`/api/v1/attachments/${id}?permanent=true`, { method: "DELETE" });

Deno.test("files on damaged bytes are readable again when somebody sends the same bytes", async () => {
  await using app = await startApp();
  const mine = await putFile(app, { body: "right", fileName: "mine.txt" });
  const deleted = await putFile(app, { body: "right" });
  const other = await putFile(app, { body: "other" });
  await app.request(`/api/v1/attachments/${deleted.id}`, { method: "DELETE" });
  const { id: damagedId } = await blobOf(app, mine.id);
  await damage(app, mine.id);
  assert.equal(await read(app, mine.id), 500);
  assert.equal(await repointAll(app), 0);

  const again = await putFile(app, { body: "right", user: BOB });
  assert.equal(await repointAll(app), 2);
  assert.equal(await read(app, mine.id), "right");
  assert.deepEqual([(await blobOf(app, again.id)).refs, (await blobOf(app, other.id)).refs], [3, 1]);
  assert.equal((await blobOf(app, deleted.id)).id, (await blobOf(app, again.id)).id);
  const { body: { items } } = await app.json("GET", "/api/v1/admin/audit?action=attachment.repair", {
    user: { sub: "root", role: "admin" },
  });
  assert.deepEqual(
    items.map(({ target, actor }: { target: { id: string }; actor: { role: string } }) => [
      target.id,
      actor.role,
    ]).sort(),
    [[mine.id, "system"], [deleted.id, "system"]].sort(),
  );

  await cleanUp(app, { hours: 1 });
  assert.equal((await app.services.core.records.get(keys.blob(damagedId))).value, null);
  assert.deepEqual(await app.services.core.records.page(["blob_damaged"], { limit: 9 }), []);
  await assertConsistent(app);
});

Deno.test("the looking for files goes on where it stopped, over more than a step and over a restart", async () => {
  await using app = await startApp();
  const ids: string[] = [];
  for (let n = 0; n < 22; n++) {
    const files = Array.from({ length: 50 }, (_, at) => putFile(app, { body: at < 5 ? "right" : "other" }));
    ids.push(...(await Promise.all(files)).slice(0, 5).map(({ id }) => id));
  }
  await damage(app, ids[0]!);
  await putFile(app, { body: "right", user: BOB });
  const first = await repointDamaged(app.services.core);
  assert.ok(first.more && first.repointed > 0 && first.repointed < ids.length, String(first.repointed));
  await app.restart();
  assert.equal(first.repointed + await repointAll(app), ids.length);
  for (const id of ids) assert.equal(await read(app, id), "right");
  await cleanUp(app, { hours: 1 });
  await assertConsistent(app);
});

Deno.test("what nothing refers to any more is not looked for again and again", async () => {
  await using app = await startApp();
  const { id } = await putFile(app, { body: "right" });
  await damage(app, id);
  const { core } = app.services;
  // A reference too many: no attachment has it.
  const blob = await blobOf(app, id);
  await core.records.transact((commit) => {
    commit.set(keys.blob(blob.id), { ...blob, refs: 2 });
    return Promise.resolve();
  });
  await putFile(app, { body: "right", user: BOB });
  assert.equal(await repointAll(app), 1);
  assert.deepEqual(await repointDamaged(core), { repointed: 0, more: false });
});

Deno.test("files that go, come and are put on other bytes at once lose no reference, sixty times", async () => {
  await using app = await startApp();
  const together = barrier(4);
  for (let round = 0; round < 60; round++) {
    const body = `round ${round}`;
    const kept = await putFile(app, { body });
    const going = await putFile(app, { body });
    await damage(app, kept.id);
    const again = await putFile(app, { body, user: BOB });
    const [third] = await Promise.all([
      together().then(() => putFile(app, { body })),
      together().then(() => purge(app, going.id)),
      together().then(() => repointAll(app)),
      together().then(() => repointAll(app)),
    ]);
    for (const { id } of [kept, third]) assert.equal(await read(app, id), body);
    assert.equal(await read(app, again.id, BOB), body);
  }
  await cleanUp(app, { hours: 1 });
  await assertConsistent(app);
});
