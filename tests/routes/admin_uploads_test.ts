/** Open sessions of all owners, as administrators see them. */
import assert from "node:assert/strict";
import { keys } from "../../services/records/keys.ts";
import { adminGet, adminPages } from "../support/admin.ts";
import { ADMIN, ALICE, BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { handFed, SMALL_CHUNKS, until } from "../support/upload_calls.ts";
import { openSession, putChunk } from "../support/uploads.ts";

const HOUR = 3_600_000;
const CAROL: TestUser = { sub: "carol" };
const start = () => startApp({ pawlJson: SMALL_CHUNKS });
const idsOf = (items: { id: string }[]) => items.map(({ id }) => id);

/** Sessions of two owners, each a minute after the one before; the oldest first. */
async function sessions(app: TestApp, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    app.clock += 60_000;
    ids.push(await openSession(app, { size: 4000 + n, user: n % 2 ? BOB : ALICE }));
  }
  return ids;
}

Deno.test("open sessions of all owners are listed by their last progress, page by page, each once", async () => {
  await using app = await start();
  const ids = await sessions(app, 7);
  app.clock += HOUR;
  await putChunk(app, { id: ids[2]!, body: randomBytes(2000, { seed: 1 }) });
  app.clock += HOUR;
  await putChunk(app, { id: ids[5]!, body: randomBytes(2000, { seed: 1 }), user: BOB });
  const expected = [5, 2, 6, 4, 3, 1, 0].map((n) => ids[n]);

  const { items, sizes } = await adminPages(app, "uploads", { limit: 3 });
  assert.deepEqual(sizes, [3, 3, 1]);
  assert.deepEqual(idsOf(items), expected);
  await app.restart();
  assert.deepEqual(
    idsOf((await adminPages(app, "uploads", { limit: 2 })).items),
    expected,
    "after a restart",
  );
  assert.deepEqual(idsOf((await adminPages(app, "uploads?owner=bob", { limit: 2 })).items), [
    ids[5],
    ids[3],
    ids[1],
  ]);
  assert.deepEqual((await adminPages(app, "uploads?owner=nobody")).items, []);
});

Deno.test("a listed session tells whose it is and how far, but not each of its chunks", async () => {
  await using app = await start();
  const id = await openSession(app, { size: 5000 });
  app.clock += HOUR;
  await putChunk(app, { id, offset: 2000, body: randomBytes(2000, { seed: 1 }) });
  const { received: _received, uploadedChunkIndexes: _indexes, ...session } =
    (await app.json("GET", `/api/v1/uploads/${id}`)).body;
  const [listed] = (await adminGet(app, "uploads")).items;
  assert.deepEqual(listed, {
    ...session,
    ownerId: "alice",
    lastProgressAt: new Date(app.clock).toISOString(),
    active: false,
  });
  assert.deepEqual([listed.receivedBytes, listed.progress], [2000, 40]);
});

Deno.test("a session is active while bytes come", async () => {
  await using app = await start();
  const id = await openSession(app, { size: 4000 });
  const body = handFed();
  const sent = app.request(`/api/v1/uploads/${id}/chunks/0`, { method: "PUT", body: body.stream });
  body.send(randomBytes(2000, { seed: 1 }));
  const isActive = async () => (await adminGet(app, "uploads")).items[0].active;
  await until(isActive);
  body.end();
  assert.equal((await sent).status, 200);
  assert.equal(await isActive(), false);
});

Deno.test("what has ended or expired is not listed, and an administrator ends what is", async () => {
  await using app = await start();
  const [old, cancelled] = await sessions(app, 2);
  await app.json("DELETE", `/api/v1/uploads/${cancelled}`, { user: ADMIN });
  assert.deepEqual(idsOf((await adminGet(app, "uploads")).items), [old]);
  app.clock += 24 * HOUR;
  assert.deepEqual((await adminGet(app, "uploads")).items, []);
});

Deno.test("a page ends early when its sessions have very many chunks to be read, and the next one goes on", async () => {
  await using app = await start();
  const [other, large] = await sessions(app, 2);
  const { records } = app.services.core;
  for (let offset = 0; offset < 50_500; offset += 500) {
    await records.transact((commit) => {
      for (let more = offset; more < offset + 500; more++) {
        commit.set(keys.uploadChunk(large!, more), { size: 1, sha256: "", writer: "" });
      }
      return Promise.resolve();
    });
  }
  await app.restart();
  const { items, sizes } = await adminPages(app, "uploads");
  assert.deepEqual([idsOf(items), sizes], [[large, other], [1, 1]]);
  assert.deepEqual((await adminPages(app, "uploads")).sizes, [2], "now they are known");
});

Deno.test("more than five hundred are listed by owner, the newest first, all of them", async () => {
  await using app = await start();
  const { records } = app.services.core;
  const id = await openSession(app, { size: 4000 });
  const { value: record } = await records.get<Record<string, unknown>>(keys.upload(id));
  const made: string[] = [];
  for (let n = 0; n < 510; n++) {
    const owner = n % 3 ? CAROL.sub : BOB.sub;
    const id = `made-${n}`;
    await records.transact((commit) => {
      const createdAt = app.clock + n;
      commit.set(keys.upload(id), { ...record, id, ownerId: owner, createdAt })
        .set(keys.uploadByOwner(owner, createdAt, id), true);
      return Promise.resolve();
    });
    made.push(id);
  }
  const { items, sizes } = await adminPages(app, "uploads", { limit: 100 });
  assert.deepEqual(sizes, [100, 100, 100, 100, 100, 11]);
  assert.deepEqual(idsOf(items).toSorted(), [id, ...made].toSorted());
  assert.deepEqual([...new Set(items.map(({ ownerId }) => ownerId))], ["carol", "bob", "alice"]);
  const carols = made.filter((_id, n) => n % 3);
  assert.deepEqual(
    idsOf((await adminPages(app, "uploads?owner=carol", { limit: 7 })).items),
    carols.reverse(),
  );

  // Asked by progress before there were so many.
  const cursor = btoa(JSON.stringify([app.clock, "made-1"])).replaceAll("=", "");
  const { status, body } = await app.json("GET", `/api/v1/admin/uploads?cursor=${cursor}`, { user: ADMIN });
  assert.deepEqual([status, body.code], [400, "invalid-cursor"]);
});
