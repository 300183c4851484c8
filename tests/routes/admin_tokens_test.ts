/** Links to files of all owners, as administrators see them. */
import assert from "node:assert/strict";
import { adminGet, adminPages } from "../support/admin.ts";
import { ADMIN, ALICE, BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { putFile } from "../support/stored_files.ts";

const HOUR = 3_600_000;

// deno-lint-ignore no-explicit-any -- the answer
async function link(app: TestApp, user: TestUser, body: Record<string, unknown>): Promise<any> {
  const file = await putFile(app, { user, fileName: `${user.sub}.txt`, body: `${user.sub} ${app.clock}` });
  const made = await app.json("POST", `/api/v1/attachments/${file.id}/tokens`, { user, body });
  assert.equal(made.status, 201);
  return made.body;
}

const list = async (app: TestApp, query = "") =>
  (await adminPages(app, `tokens?${query}`, { limit: 2 })).items.map(({ id }) => id);

Deno.test("links of all owners are listed, those that let in and those that do not, the one that ends last first", async () => {
  await using app = await startApp();
  const short = await link(app, ALICE, { validHours: 1 });
  const long = await link(app, BOB, { validHours: 20 });
  const used = await link(app, ALICE, { validHours: 10 });
  const revoked = await link(app, BOB, { validHours: 15 });
  await (await app.request(`/d/${used.token}`, { user: null })).body?.cancel();
  assert.deepEqual(await list(app), [long.id, revoked.id, used.id, short.id]);

  assert.equal((await app.json("DELETE", `/api/v1/tokens/${revoked.id}`, { user: ADMIN })).status, 204);
  await app.services.core.background.settled();
  assert.deepEqual(await list(app, "status=active"), [long.id, short.id]);
  assert.deepEqual(await list(app, "status=active&owner=bob"), [long.id]);
  app.clock += HOUR;
  assert.deepEqual(await list(app, "status=active"), [long.id]);
  assert.deepEqual(await list(app, "status=ended"), [used.id, short.id, revoked.id]);
  assert.deepEqual(await list(app, "status=ended&owner=alice"), [used.id, short.id]);
});

Deno.test("a link is told with its file's name and owner, and without what gives access", async () => {
  await using app = await startApp();
  const { token: _token, url: _url, qrCode: _code, ...made } = await link(app, ALICE, { validHours: 1 });
  const expected = { ...made, ownerId: "alice", fileName: "alice.txt" };
  assert.deepEqual((await adminGet(app, "tokens")).items, [expected]);
  await app.json("DELETE", `/api/v1/attachments/${made.attachmentId}?permanent=true`);
  assert.deepEqual((await adminGet(app, "tokens")).items, [{ ...expected, fileName: null }]);
});

Deno.test("a page of active links goes on when the next one has ended meanwhile", async () => {
  await using app = await startApp();
  await link(app, ALICE, { validHours: 1 });
  await link(app, ALICE, { validHours: 2 });
  const { cursor } = await adminGet(app, "tokens?status=active&limit=1");
  app.clock += 3 * HOUR;
  assert.deepEqual(await adminGet(app, `tokens?status=active&cursor=${cursor}`), { items: [], cursor: null });
});
