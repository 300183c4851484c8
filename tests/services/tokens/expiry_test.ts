import assert from "node:assert/strict";
import { newTally, unwatched } from "../../../services/jobs/job.ts";
import { keys } from "../../../services/records/keys.ts";
import { expireTokens } from "../../../services/tokens/expiry.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { makeLink, visit } from "../../support/links.ts";
import { putFile } from "../../support/stored_files.ts";
import { assertTokens } from "../../support/token_check.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

const expire = (app: TestApp) => expireTokens(app.services.core);
const listed = async (app: TestApp, file: { id: string }) =>
  (await app.json("GET", `/api/v1/attachments/${file.id}/tokens`)).body.items.length;

Deno.test("a link is forgotten seven days after its end, not a second before", async () => {
  await using app = await startApp();
  const file = await putFile(app);
  const link = await makeLink(app, file.id, { validHours: 2 });
  app.clock += 2 * HOUR + 7 * DAY - SECOND;
  assert.deepEqual(await expire(app), { removed: 0, more: false });
  assert.equal(await visit(app, link), "link-expired");
  assert.equal(await listed(app, file), 1);
  app.clock += SECOND;
  assert.deepEqual(await expire(app), { removed: 1, more: false });
  assert.equal(await visit(app, link), "not-found");
  assert.equal(await listed(app, file), 0);
  assert.deepEqual((await assertTokens(app)).tokens, []);
});

Deno.test("how long links are kept after their end is a setting", async () => {
  await using app = await startApp({ pawlJson: { jobs: { expiredTokens: { retentionDays: 30 } } } });
  const file = await putFile(app);
  await makeLink(app, file.id, { validHours: 2 });
  app.clock += 2 * HOUR + 30 * DAY - SECOND;
  assert.deepEqual(await expire(app), { removed: 0, more: false });
  app.clock += SECOND;
  assert.deepEqual(await expire(app), { removed: 1, more: false });
  assert.deepEqual((await assertTokens(app)).tokens, []);
});

Deno.test("a link that cannot be removed keeps no others from their turn, and what was removed is counted", async () => {
  await using app = await startApp();
  const { core } = app.services;
  const file = await putFile(app);
  const stuck = await makeLink(app, file.id);
  const other = await makeLink(app, file.id);
  await visit(app, other);
  app.clock += 8 * DAY;
  const records = {
    ...core.records,
    get: <T>(key: Deno.KvKey) => {
      if (key[1] === stuck.id) throw new Error("no answer");
      return core.records.get<T>(key);
    },
  };
  const tally = newTally();
  await assert.rejects(expireTokens({ ...core, records }, unwatched(tally)), /no answer/);
  // The other link, and the download by it.
  assert.deepEqual([tally.lookedAt, tally.removed], [3, 2]);
  assert.equal(await listed(app, file), 1);
  assert.deepEqual(await expire(app), { removed: 1, more: false });
  assert.deepEqual((await assertTokens(app)).tokens, []);
});

Deno.test("a link that was taken back is forgotten seven days after that, or after its time when that was earlier", async () => {
  await using app = await startApp();
  const file = await putFile(app);
  const start = app.clock;
  const early = await makeLink(app, file.id, { validHours: 8000 });
  const late = await makeLink(app, file.id, { validHours: 1 });
  app.clock = start + DAY;
  for (const { id } of [early, late]) await app.json("DELETE", `/api/v1/tokens/${id}`);
  app.clock = start + HOUR + 7 * DAY - SECOND;
  assert.equal((await expire(app)).removed, 0);
  app.clock += SECOND;
  assert.equal((await expire(app)).removed, 1);
  app.clock = start + 8 * DAY - SECOND;
  assert.equal((await expire(app)).removed, 0);
  app.clock += SECOND;
  assert.equal((await expire(app)).removed, 1);
  assert.deepEqual((await assertTokens(app)).tokens, []);
});

Deno.test("a lease is forgotten a day after its beginning, when nothing can go on any more", async () => {
  await using app = await startApp();
  const file = await putFile(app);
  const link = await makeLink(app, file.id, { maxUses: 1, validHours: 100 });
  const begun = app.clock;
  await visit(app, link);
  while (app.clock < begun + DAY - SECOND) {
    app.clock = Math.min(app.clock + 14 * 60 * SECOND, begun + DAY - SECOND);
    await expire(app);
    assert.equal(await visit(app, link), 200, "a job does not end it");
  }
  assert.equal((await assertTokens(app)).leases.length, 1);
  app.clock = begun + DAY;
  await expire(app);
  assert.equal((await assertTokens(app)).leases.length, 0);
  assert.equal(await visit(app, link), "link-used-up");
});

Deno.test("a lease that was begun anew is not taken for the old one", async () => {
  await using app = await startApp();
  const file = await putFile(app);
  const link = await makeLink(app, file.id, { maxUses: 2, validHours: 100 });
  await visit(app, link);
  app.clock += 23 * HOUR;
  assert.equal(await visit(app, link), 200);
  app.clock += HOUR / 5;
  await visit(app, link);
  await assertTokens(app);
  app.clock += HOUR / 5;
  await visit(app, link);
  await assertTokens(app);
  app.clock += HOUR * 0.7;
  await expire(app);
  assert.equal((await assertTokens(app)).leases.length, 1, "of the second use");
});

Deno.test("links of a file that is gone are removed, however long they would have lived", async () => {
  await using app = await startApp();
  const file = await putFile(app);
  const other = await putFile(app);
  for (let n = 0; n < 5; n++) await makeLink(app, file.id, { validHours: 8000 });
  await visit(app, await makeLink(app, file.id, { validHours: 8000 }));
  await makeLink(app, other.id, { validHours: 8000 });
  await app.json("DELETE", `/api/v1/attachments/${file.id}?permanent=true`);
  while ((await expire(app)).more);
  const { tokens, leases } = await assertTokens(app);
  assert.deepEqual(tokens.map(({ attachmentId }) => attachmentId), [other.id]);
  assert.equal(leases.length, 1, "which goes a day after its beginning");
  app.clock += DAY;
  await expire(app);
  assert.equal((await assertTokens(app)).leases.length, 0);
});

Deno.test("a run is cut into steps, and two at once do no harm", async () => {
  await using app = await startApp();
  const file = await putFile(app);
  for (let n = 0; n < 130; n++) await makeLink(app, file.id);
  app.clock += 8 * DAY;
  const first = await expire(app);
  assert.deepEqual(first, { removed: 100, more: true });
  await Promise.all([expire(app), expire(app)]);
  assert.deepEqual(await expire(app), { removed: 0, more: false });
  assert.deepEqual((await assertTokens(app)).tokens, []);
  assert.equal((await app.services.core.records.get(keys.tokenCount(file.id))).value, null);
});
