/** What time does to attachments, to the second. */
import assert from "node:assert/strict";
import { binDeleted, deleteOrphans, purgeBinned } from "../../../services/attachments/retention.ts";
import type { Core } from "../../../services/core.ts";
import { keys } from "../../../services/records/keys.ts";
import { ADMIN, startApp, type TestApp } from "../../support/app.ts";
import { assertConsistent, cleanUp } from "../../support/store_check.ts";
import { type NewFile, putFile } from "../../support/stored_files.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

const core = (app: TestApp): Core => app.services.core;
const remove = (app: TestApp, id: string) => app.json("DELETE", `/api/v1/attachments/${id}`);
const restore = (app: TestApp, id: string, user = ADMIN) =>
  app.json("POST", `/api/v1/attachments/${id}/restore`, { user });
const show = async (app: TestApp, id: string) =>
  (await app.json("GET", `/api/v1/attachments/${id}`, { user: ADMIN })).body;

Deno.test("what was deleted is hidden from its owner 30 days later, not a second before", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  await remove(app, id);
  const deletedAt = app.clock;
  app.clock = deletedAt + 30 * DAY - SECOND;
  assert.deepEqual(await binDeleted(core(app)), { done: 0, more: false });
  assert.equal((await show(app, id)).binnedAt, null);
  app.clock += SECOND;
  assert.deepEqual(await binDeleted(core(app)), { done: 1, more: false });
  assert.equal((await show(app, id)).binnedAt, new Date(app.clock).toISOString());
  assert.equal((await show(app, id)).deletedAt, new Date(deletedAt).toISOString());
  await assertConsistent(app);
});

Deno.test("what was hidden is gone 90 days after that, not a second before, and its bytes after the grace time", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  await remove(app, id);
  app.clock += 33 * DAY;
  await binDeleted(core(app));
  const binnedAt = app.clock;
  app.clock = binnedAt + 90 * DAY - SECOND;
  assert.deepEqual(await purgeBinned(core(app)), { done: 0, more: false });
  assert.equal((await assertConsistent(app)).blobs[0]!.refs, 1, "its bytes are referred to until then");
  app.clock += SECOND;
  assert.deepEqual(await purgeBinned(core(app)), { done: 1, more: false });
  assert.equal((await show(app, id)).code, "not-found");
  await cleanUp(app, { hours: 1 });
  const { attachments, blobs, files } = await assertConsistent(app);
  assert.deepEqual([attachments.length, blobs.length, files.size], [0, 0, 0]);
});

Deno.test("how long each stage lasts is a setting", async () => {
  const jobs = { softDeleted: { retentionDays: 1 }, recycleBin: { retentionDays: 2 } };
  await using app = await startApp({ pawlJson: { jobs } });
  const { id } = await putFile(app);
  await remove(app, id);
  app.clock += DAY;
  assert.equal((await binDeleted(core(app))).done, 1);
  app.clock += 2 * DAY - SECOND;
  assert.equal((await purgeBinned(core(app))).done, 0);
  app.clock += SECOND;
  assert.equal((await purgeBinned(core(app))).done, 1);
});

Deno.test("a restore begins everything anew, in both stages", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  for (let round = 0; round < 2; round++) {
    await remove(app, id);
    app.clock += 29 * DAY;
    assert.equal((await restore(app, id)).status, 200);
    app.clock += 2 * DAY;
    assert.equal((await binDeleted(core(app))).done, 0);
    await remove(app, id);
    app.clock += 30 * DAY;
    assert.equal((await binDeleted(core(app))).done, 1);
    app.clock += 89 * DAY;
    const { body } = await restore(app, id);
    assert.deepEqual([body.deletedAt, body.binnedAt], [null, null]);
    app.clock += 2 * DAY;
    assert.equal((await purgeBinned(core(app))).done, 0);
    await assertConsistent(app);
  }
});

Deno.test("files of types that must belong to something are deleted 24 hours after they came, not a second before", async () => {
  await using app = await startApp();
  const files: [NewFile, boolean][] = [
    [{ fileName: "a.png", businessType: "Image" }, true],
    [{ fileName: "a.pdf", businessType: "Document" }, true],
    [{ fileName: "a.mp4", businessType: "Video" }, true],
    [{ fileName: "a.mp3", businessType: "Audio" }, true],
    [{ fileName: "a.png", businessType: "Avatar" }, false],
    [{ fileName: "a.bin" }, false],
    [{ fileName: "b.pdf", businessType: "Document", businessId: "invoice-1" }, false],
  ];
  const { records } = core(app);
  const made: [string, boolean][] = [];
  for (const [file, goes] of files) made.push([await storedAs(app, file), goes]);
  app.clock += 24 * HOUR - SECOND;
  assert.deepEqual(await deleteOrphans(core(app)), { done: 0, more: false });
  app.clock += SECOND;
  assert.deepEqual(await deleteOrphans(core(app)), { done: 4, more: false });
  for (const [id, goes] of made) {
    const { deletedAt, fileName } = await show(app, id);
    assert.equal(deletedAt, goes ? new Date(app.clock).toISOString() : null, fileName);
  }
  assert.equal((await records.page(keys.attachmentsDeleted(), { limit: 10 })).length, 4);
  await assertConsistent(app);
  assert.deepEqual(await deleteOrphans(core(app)), { done: 0, more: false });
});

/** Whatever its content: that a file is what its name says is tested elsewhere. */
async function storedAs(app: TestApp, { businessType, businessId, ...file }: NewFile): Promise<string> {
  const { id } = await putFile(app, file);
  const { records } = core(app);
  const { putAttachment } = await import("../../../services/records/attachments.ts");
  await records.transact(async (commit) => {
    const entry = await records.get<Parameters<typeof putAttachment>[1]>(keys.attachment(id));
    const before = entry.value!;
    commit.check(entry);
    putAttachment(commit, {
      ...before,
      businessType: businessType ?? before.businessType,
      businessId: businessId ?? null,
    }, before);
  });
  return id;
}

Deno.test("the rule of orphans belongs to the type", async () => {
  const businessTypes = { Document: { orphanHours: null }, Scan: { orphanHours: 2 } };
  await using app = await startApp({ pawlJson: { businessTypes } });
  const kept = await storedAs(app, { businessType: "Document" });
  const scan = await putFile(app, { businessType: "Scan" });
  app.clock += 2 * HOUR - SECOND;
  assert.equal((await deleteOrphans(core(app))).done, 0);
  app.clock += SECOND;
  assert.equal((await deleteOrphans(core(app))).done, 1);
  app.clock += 100 * DAY;
  assert.equal((await deleteOrphans(core(app))).done, 0);
  assert.equal((await show(app, kept)).deletedAt, null);
  assert.notEqual((await show(app, scan.id)).deletedAt, null);
});

Deno.test("types that are not configured have the rule of `default`, where it has one", async () => {
  const businessTypes = { default: { orphanHours: 2 }, Kept: { orphanHours: null } };
  await using app = await startApp({ pawlJson: { businessTypes } });
  const files = await Promise.all(
    ["Invoice", "Memo", "Kept", "zebra"].map((businessType) => putFile(app, { businessType })),
  );
  app.clock += 2 * HOUR;
  assert.deepEqual(await deleteOrphans(core(app)), { done: 3, more: false });
  assert.equal((await show(app, files[2]!.id)).deletedAt, null);
  await assertConsistent(app);
});

Deno.test("a file that is given what it belongs to is no orphan; one that loses it has as long again", async () => {
  await using app = await startApp({ pawlJson: { businessTypes: { Scan: { orphanHours: 24 } } } });
  const { id } = await putFile(app, { businessType: "Scan" });
  const associate = (businessId: string | null) =>
    app.json("PATCH", `/api/v1/attachments/${id}`, { body: { businessId } });
  app.clock += 23 * HOUR;
  assert.equal((await associate("invoice-1")).status, 200);
  app.clock += 10 * DAY;
  assert.equal((await deleteOrphans(core(app))).done, 0);
  await associate(null);
  app.clock += HOUR;
  await app.json("PATCH", `/api/v1/attachments/${id}`, { body: { fileName: "renamed.bin" } });
  app.clock += 23 * HOUR - SECOND;
  assert.equal((await deleteOrphans(core(app))).done, 0);
  await assertConsistent(app);
  app.clock += SECOND;
  assert.equal((await deleteOrphans(core(app))).done, 1);
});

Deno.test("an orphan that its owner has restored is kept", async () => {
  await using app = await startApp({ pawlJson: { businessTypes: { Scan: { orphanHours: 24 } } } });
  const { id } = await putFile(app, { businessType: "Scan" });
  app.clock += 24 * HOUR;
  assert.equal((await deleteOrphans(core(app))).done, 1);
  assert.equal((await restore(app, id, { sub: "alice" } as typeof ADMIN)).status, 200);
  app.clock += 100 * DAY;
  assert.equal((await deleteOrphans(core(app))).done, 0);
  await assertConsistent(app);
});

Deno.test("a run is cut into steps, and two at once do no harm", async () => {
  await using app = await startApp({ pawlJson: { limits: { uploadsPerMinute: 0 } } });
  const ids: string[] = [];
  for (let n = 0; n < 103; n++) ids.push((await putFile(app, { body: `${n % 5}` })).id);
  await app.json("POST", "/api/v1/attachments/delete", { body: { ids } });
  app.clock += 30 * DAY;
  assert.deepEqual(await binDeleted(core(app)), { done: 100, more: true });
  const both = await Promise.all([binDeleted(core(app)), binDeleted(core(app))]);
  assert.ok(both.every(({ more }) => !more));
  app.clock += 90 * DAY;
  await Promise.all([purgeBinned(core(app)), purgeBinned(core(app))]);
  assert.deepEqual((await purgeBinned(core(app))).more, false);
  await cleanUp(app, { hours: 1 });
  const { attachments, blobs } = await assertConsistent(app);
  assert.deepEqual([attachments.length, blobs.length], [0, 0]);
});

/** The application's core, where `id` cannot be read. */
function coreWithout(app: TestApp, id: string): Core {
  const { records } = core(app);
  const get = <T>(key: Deno.KvKey) => {
    if (key[1] === BigInt(id)) throw new Error("no answer");
    return records.get<T>(key);
  };
  return { ...core(app), records: { ...records, get } };
}

Deno.test("one that cannot be moved keeps no other from its turn", async () => {
  await using app = await startApp();
  const [stuck, other] = [await putFile(app), await putFile(app)];
  for (const { id } of [stuck, other]) await remove(app, id);
  app.clock += 30 * DAY;
  await assert.rejects(binDeleted(coreWithout(app, stuck.id)), /no answer/);
  assert.notEqual((await show(app, other.id)).binnedAt, null);
  assert.equal((await binDeleted(core(app))).done, 1);
});

Deno.test("an orphan that cannot be deleted keeps none of another type from its turn", async () => {
  const businessTypes = { A: { orphanHours: 1 }, B: { orphanHours: 1 } };
  await using app = await startApp({ pawlJson: { businessTypes } });
  for (const [stuckType, otherType] of [["A", "B"], ["B", "A"]] as const) {
    const stuck = await putFile(app, { businessType: stuckType });
    const other = await putFile(app, { businessType: otherType });
    app.clock += HOUR;
    await assert.rejects(deleteOrphans(coreWithout(app, stuck.id)), /no answer/);
    assert.notEqual((await show(app, other.id)).deletedAt, null, otherType);
    assert.equal((await deleteOrphans(core(app))).done, 1);
  }
});

Deno.test("entries that lead nowhere keep nothing from its turn, and go", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const live = (await putFile(app)).id;
  await remove(app, id);
  const { records } = core(app);
  await records.transact((commit) => {
    for (let n = 0; n < 100; n++) {
      commit.set(keys.attachmentDeleted(1, `${n + 1}`), true).set(keys.attachmentBinned(1, `${n + 1}`), true);
    }
    commit.set(keys.attachmentDeleted(2, live), true);
    return Promise.resolve();
  });
  app.clock += 30 * DAY;
  while ((await binDeleted(core(app))).more);
  app.clock += 90 * DAY;
  while ((await purgeBinned(core(app))).more);
  assert.equal((await show(app, id)).code, "not-found");
  assert.equal((await show(app, live)).deletedAt, null);
  await assertConsistent(app);
});

Deno.test("the audit says what the clock did", async () => {
  await using app = await startApp({ pawlJson: { businessTypes: { Scan: { orphanHours: 24 } } } });
  const { id } = await putFile(app, { businessType: "Scan" });
  app.clock += 24 * HOUR;
  await deleteOrphans(core(app));
  app.clock += 30 * DAY;
  await binDeleted(core(app));
  app.clock += 90 * DAY;
  await purgeBinned(core(app));
  const { body } = await app.json("GET", `/api/v1/admin/audit?targetKind=attachment&targetId=${id}`, {
    user: ADMIN,
  });
  // deno-lint-ignore no-explicit-any -- entries of every shape
  const told = body.items.map(({ action, actor }: any) => [action, actor.role]).toReversed();
  assert.deepEqual(told.slice(-3), [
    ["attachment.delete", "system"],
    ["attachment.bin", "system"],
    ["attachment.purge", "system"],
  ]);
});
