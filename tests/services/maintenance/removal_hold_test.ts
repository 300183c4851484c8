/** Bytes that are held in their place while somebody copies them. */
import assert from "node:assert/strict";
import { sweepBlobs } from "../../../services/cleanup.ts";
import { HOLD_LEASE_MS, newRemovalHold } from "../../../services/maintenance/removal_hold.ts";
import { ADMIN, startApp } from "../../support/app.ts";
import { check } from "../../support/check.ts";
import { assertConsistent, cleanUp } from "../../support/store_check.ts";
import { blobPaths } from "../../support/stored_files.ts";
import { download, openSession, purge, putChunk, uploadFile, wholeSession } from "../../support/uploads.ts";

const HOLD = "/api/v1/admin/maintenance/hold";

Deno.test("one holds at a time, for as long as they say so", () => {
  const clock = { now: 0 };
  const hold = newRemovalHold(() => clock.now);
  const first = hold.take()!;
  assert.ok(hold.isHeld);
  assert.equal(hold.take(), null);
  clock.now += HOLD_LEASE_MS - 1;
  assert.equal(hold.renew(first), true);
  clock.now += HOLD_LEASE_MS - 1;
  assert.equal(hold.renew("another"), false);
  assert.ok(hold.isHeld);
  clock.now += 1;
  assert.equal(hold.isHeld, false);
  assert.equal(hold.renew(first), false, "what was not held for a moment is lost");
  const second = hold.take()!;
  hold.release(first);
  assert.ok(hold.isHeld);
  hold.release(second);
  hold.release(second);
  assert.equal(hold.isHeld, false);
});

Deno.test("while bytes are held everything goes on, but none that was recorded is removed; then they go", async () => {
  await using app = await startApp();
  const { core } = app.services;
  const bytes = new Uint8Array(70_000).fill(1);
  const purged = await uploadFile(app, { bytes });
  const swept = await uploadFile(app, { bytes: bytes.slice(1) });
  const cancelled = await wholeSession(app, { bytes: bytes.slice(2) });
  const equal = await wholeSession(app, { bytes: bytes.slice(1) });
  await purge(app, swept);
  app.clock += 11 * 60_000;
  const before = await blobPaths(app);

  const { status, body: { id, leaseSeconds } } = await app.json("POST", HOLD, { user: ADMIN });
  assert.deepEqual([status, leaseSeconds], [201, 60]);
  assert.equal((await app.json("POST", HOLD, { user: ADMIN })).body.code, "job-running");
  await purge(app, purged);
  assert.equal((await app.json("DELETE", `/api/v1/uploads/${cancelled}`)).status, 204);
  const { body: file } = await app.json("POST", `/api/v1/uploads/${equal}/complete`);
  assert.deepEqual(await sweepBlobs(core), { removed: 0, more: false });
  await uploadFile(app, { bytes: bytes.slice(3) });
  // Bytes that never got a record are nobody's to hold.
  const refused = await app.request("/api/v1/files/refused.bin", {
    method: "PUT",
    body: bytes,
    headers: { "Repr-Digest": `sha-256=:${"A".repeat(43)}=:` },
  });
  assert.equal(refused.status, 422, await refused.text());
  await core.background.settled();
  const during = await blobPaths(app);
  assert.deepEqual(before.filter((path) => !during.includes(path)), []);
  assert.equal(during.length, before.length + 1);
  assert.deepEqual((await check(app, { mend: true, bytes: true })).findings, []);
  assert.equal((await app.json("PUT", `${HOLD}/${id}`, { user: ADMIN })).status, 204);
  assert.equal((await app.json("DELETE", `${HOLD}/${id}`, { user: ADMIN })).status, 204);
  assert.equal((await app.json("DELETE", `${HOLD}/${id}`, { user: ADMIN })).status, 204);
  assert.equal((await app.json("PUT", `${HOLD}/${id}`, { user: ADMIN })).status, 404);

  await cleanUp(app, { hours: 1 });
  assert.equal((await blobPaths(app)).length, 2);
  await assertConsistent(app);
  assert.deepEqual(await download(app, file.id), bytes.slice(1));
  const { body: { items } } = await app.json("GET", "/api/v1/admin/audit?action=store.backup", {
    user: ADMIN,
  });
  assert.deepEqual(items.map(({ actor }: { actor: { id: string } }) => actor.id), [ADMIN.sub]);
});

Deno.test("a hold whose holder is gone ends by itself", async () => {
  await using app = await startApp();
  await app.json("POST", HOLD, { user: ADMIN });
  const id = await openSession(app, { size: 10 });
  await putChunk(app, { id, body: new Uint8Array(10) });
  await app.json("DELETE", `/api/v1/uploads/${id}`);
  assert.equal((await blobPaths(app)).length, 1);
  app.clock += 59_999;
  assert.equal((await sweepBlobs(app.services.core)).removed, 0);
  app.clock += 1;
  assert.equal((await sweepBlobs(app.services.core)).removed, 1);
  assert.equal((await blobPaths(app)).length, 0);
});
