import assert from "node:assert/strict";
import { sweepBlobs } from "../../services/cleanup.ts";
import { ADMIN, ALICE, BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { blobPaths, putFile } from "../support/stored_files.ts";

const PATH = "/api/v1/attachments";
const MINUTE = 60_000;

const remove = (app: TestApp, id: string, { permanent = false, user = ALICE as TestUser } = {}) =>
  app.json("DELETE", `${PATH}/${id}${permanent ? "?permanent=true" : ""}`, { user });

async function content(app: TestApp, id: string, user: TestUser | null = ALICE) {
  const response = await app.request(`${PATH}/${id}/content`, { user });
  return { status: response.status, text: await response.text() };
}

/** The sweep when the grace time of all that is condemned now is over. */
async function sweepLater(app: TestApp): Promise<number> {
  app.clock += app.config.blobs.graceMinutes * MINUTE;
  return (await sweepBlobs(app.services.core)).removed;
}

const listed = async (app: TestApp, state: "live" | "deleted") =>
  (await app.json("GET", `${PATH}?state=${state}`)).body.items.map((item: { id: string }) => item.id);

Deno.test("A deleted file lies in the recycle bin: its owner sees it there and can restore it, nobody else can read it", async () => {
  await using app = await startApp();
  const { id } = await putFile(app, { visibility: "public", businessType: "General", businessId: "7" });
  app.clock += 1000;
  assert.equal((await remove(app, id)).status, 204);
  const { body: binned } = await app.json("GET", `${PATH}/${id}`);
  assert.equal(binned.deletedAt, new Date(app.clock).toISOString());
  assert.deepEqual([await listed(app, "live"), await listed(app, "deleted")], [[], [id]]);
  assert.deepEqual((await content(app, id)).status, 200);
  assert.deepEqual((await content(app, id, ADMIN)).status, 200);
  assert.deepEqual((await content(app, id, BOB)).status, 404);
  assert.deepEqual((await content(app, id, null)).status, 401);

  app.clock += 1000;
  assert.equal((await remove(app, id)).status, 204, "again is no error");
  assert.equal((await app.json("GET", `${PATH}/${id}`)).body.deletedAt, binned.deletedAt);

  const { status, body } = await app.json("PATCH", `${PATH}/${id}`, { body: { fileName: "x" } });
  assert.deepEqual([status, body.code], [409, "attachment-state"]);
  assert.match(body.detail, /Restore it first/);

  const restored = await app.json("POST", `${PATH}/${id}/restore`);
  assert.deepEqual([restored.status, restored.body.deletedAt, restored.body.businessId], [200, null, "7"]);
  assert.deepEqual(await app.json("POST", `${PATH}/${id}/restore`).then(({ body }) => body), restored.body);
  assert.deepEqual([await listed(app, "live"), await listed(app, "deleted")], [[id], []]);
  assert.deepEqual(await content(app, id, null), { status: 200, text: "data" });
});

Deno.test("A file in the recycle bin keeps its bytes, however long", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  await remove(app, id);
  assert.equal(await sweepLater(app), 0);
  await app.json("POST", `${PATH}/${id}/restore`);
  assert.deepEqual(await content(app, id), { status: 200, text: "data" });
});

Deno.test("What is deleted for good is gone at once; its bytes go after the grace time", async () => {
  await using app = await startApp();
  const live = await putFile(app, { body: "one" });
  const binned = await putFile(app, { body: "two" });
  await remove(app, binned.id);
  assert.equal((await blobPaths(app)).length, 2);
  for (const { id } of [live, binned]) {
    assert.equal((await remove(app, id, { permanent: true })).status, 204);
    assert.equal((await app.json("GET", `${PATH}/${id}`)).status, 404);
    assert.equal((await content(app, id)).status, 404);
    assert.equal((await app.json("POST", `${PATH}/${id}/restore`)).status, 404);
    assert.equal(
      (await remove(app, id, { permanent: true })).status,
      404,
      "there is nothing to delete again",
    );
  }
  assert.deepEqual([await listed(app, "live"), await listed(app, "deleted")], [[], []]);

  app.clock += app.config.blobs.graceMinutes * MINUTE - 1;
  assert.equal((await sweepBlobs(app.services.core)).removed, 0);
  assert.equal((await blobPaths(app)).length, 2);
  app.clock += 1;
  assert.equal((await sweepBlobs(app.services.core)).removed, 2);
  assert.deepEqual(await blobPaths(app), []);
  assert.deepEqual(await sweepBlobs(app.services.core), { removed: 0, more: false });
});

Deno.test("Equal content is stored once, whoever uploads it, and stays until its last file is gone", async () => {
  await using app = await startApp();
  const first = await putFile(app, { fileName: "a.txt" });
  const [path] = await blobPaths(app);
  const second = await putFile(app, { fileName: "b.bin" });
  const ofBob = await putFile(app, { user: BOB });
  assert.deepEqual(await blobPaths(app), [path]);
  assert.equal(new Set([first.id, second.id, ofBob.id]).size, 3);
  assert.equal(second.sha256, first.sha256);

  await remove(app, first.id, { permanent: true });
  await remove(app, second.id);
  assert.equal(await sweepLater(app), 0);
  assert.deepEqual(await blobPaths(app), [path]);
  assert.equal((await content(app, ofBob.id, BOB)).text, "data");

  await remove(app, ofBob.id, { permanent: true, user: BOB });
  assert.equal(await sweepLater(app), 0, "the one in the recycle bin holds them");
  assert.equal((await content(app, second.id)).text, "data");

  await app.restart();
  await remove(app, second.id, { permanent: true });
  assert.equal(await sweepLater(app), 1);
  assert.deepEqual(await blobPaths(app), []);
});

Deno.test("The same content that comes within the grace time lives on; after it, it is stored anew", async () => {
  await using app = await startApp();
  const first = await putFile(app);
  const [path] = await blobPaths(app);
  await remove(app, first.id, { permanent: true });
  const second = await putFile(app);
  assert.deepEqual(await blobPaths(app), [path]);
  assert.equal(await sweepLater(app), 0);
  assert.equal((await content(app, second.id)).text, "data");

  await remove(app, second.id, { permanent: true });
  assert.equal(await sweepLater(app), 1);
  const third = await putFile(app);
  const [newPath, ...more] = await blobPaths(app);
  assert.deepEqual(more, []);
  assert.notEqual(newPath, path);
  assert.equal((await content(app, third.id)).text, "data");
});

Deno.test("With dedupe switched off every file has bytes of its own", async () => {
  await using app = await startApp({ pawlJson: { dedupe: { enabled: false } } });
  const first = await putFile(app);
  const second = await putFile(app);
  assert.equal((await blobPaths(app)).length, 2);
  await remove(app, first.id, { permanent: true });
  assert.equal(await sweepLater(app), 1);
  assert.equal((await blobPaths(app)).length, 1);
  assert.equal((await content(app, second.id)).text, "data");
});

Deno.test("Many are deleted in one request, each with its own result", async () => {
  await using app = await startApp();
  const mine = [await putFile(app, { body: "1" }), await putFile(app, { body: "2" })];
  const binned = await putFile(app, { body: "3" });
  await remove(app, binned.id);
  const ofBob = await putFile(app, { user: BOB, visibility: "public" });
  const ids = [mine[0]!.id, "123", ofBob.id, binned.id, "nonsense", mine[1]!.id, mine[0]!.id];
  const { status, body } = await app.json("POST", `${PATH}/delete`, { body: { ids } });
  assert.equal(status, 200);
  const results: { id: string; deleted: boolean; code: string | null; detail: string | null }[] =
    body.results;
  assert.deepEqual(results.map(({ id, deleted, code }) => [id, deleted, code]), [
    [mine[0]!.id, true, null],
    ["123", false, "not-found"],
    [ofBob.id, false, "not-found"],
    [binned.id, true, null],
    ["nonsense", false, "not-found"],
    [mine[1]!.id, true, null],
    [mine[0]!.id, true, null],
  ]);
  assert.ok(results.every(({ deleted, detail }) => deleted ? detail === null : detail!.length > 20));
  assert.equal((await listed(app, "deleted")).length, 3);
  assert.equal((await app.json("GET", `${PATH}/${ofBob.id}`, { user: BOB })).body.deletedAt, null);
});

Deno.test("A batch has at least one and at most 1000 ids", async () => {
  await using app = await startApp();
  const some = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
  for (const [ids, expected] of [[[], 400], [some(1000), 200], [some(1001), 400]] as const) {
    const { status } = await app.json("POST", `${PATH}/delete`, { body: { ids } });
    assert.equal(status, expected, `${ids.length} ids`);
  }
});

Deno.test("Deleting, restoring and purging at the same time leaves a file that is whole or gone", async () => {
  await using app = await startApp();
  for (let round = 0; round < 20; round++) {
    const { id } = await putFile(app, { body: `round ${round}` });
    const answers = await Promise.all([
      remove(app, id),
      app.json("POST", `${PATH}/${id}/restore`),
      remove(app, id, { permanent: round % 2 === 0 }),
      remove(app, id, { permanent: round % 2 === 0, user: ADMIN }),
    ]);
    for (const { status } of answers) assert.ok([200, 204, 404].includes(status), String(status));
    const gone = round % 2 === 0;
    assert.equal((await content(app, id)).status, gone ? 404 : 200);
    const bins = [await listed(app, "live"), await listed(app, "deleted")];
    assert.equal(bins.flat().filter((other) => other === id).length, gone ? 0 : 1);
  }
  await sweepLater(app);
  assert.equal((await blobPaths(app)).length, 10);
});
