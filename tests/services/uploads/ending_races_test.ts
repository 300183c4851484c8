/** Requests that read a session before it ended, and go on afterwards: the interleavings of races, one by one. */
import assert from "node:assert/strict";
import { SYSTEM } from "../../../services/audit/entry.ts";
import type { UploadRecord } from "../../../services/model.ts";
import { keys } from "../../../services/records/keys.ts";
import { finishOnce } from "../../../services/uploads/finishing.ts";
import { reasonOfFailure } from "../../../services/uploads/end.ts";
import { startApp, type TestApp } from "../../support/app.ts";

const CONTENT = new TextEncoder().encode("the same bytes twice");

/** The session as a request reads it now. */
async function recordOf({ services }: TestApp, id: string): Promise<UploadRecord> {
  return (await services.core.records.get<UploadRecord>(keys.upload(id))).value!;
}

async function openSession(app: TestApp): Promise<string> {
  const opened = await app.json("POST", "/api/v1/uploads", {
    body: { fileName: "a.txt", size: CONTENT.length },
  });
  assert.equal(opened.status, 201);
  return opened.body.id;
}

async function send(app: TestApp, id: string): Promise<void> {
  const sent = await app.request(`/api/v1/uploads/${id}/chunks/0`, { method: "PUT", body: CONTENT });
  assert.equal(sent.status, 200, await sent.text());
}

Deno.test("completing again gives the same attachment, also when the first one has freed bytes that were stored before", async () => {
  await using app = await startApp();
  const { core } = app.services;
  await app.request("/api/v1/files/first.txt", { method: "PUT", body: CONTENT });
  const id = await openSession(app);
  await send(app, id);
  const before = await recordOf(app, id);
  using lease = await core.live.open(before);

  const { status, body } = await app.json("POST", `/api/v1/uploads/${id}/complete`);
  assert.equal(status, 201);
  await core.background.settled();

  const again = (sha256: string | null) =>
    finishOnce(core, { record: before, upload: lease.upload, sha256, actor: SYSTEM });
  assert.equal(await again(null), body.id);
  await core.background.settled();
  assert.equal(await again("0".repeat(64)), body.id);
  await core.background.settled();
  assert.equal((await recordOf(app, id)).status, "completed");
});

Deno.test("what a writer stores after the bytes of its cancelled upload were removed is removed too", async () => {
  await using app = await startApp();
  const { core } = app.services;
  const id = await openSession(app);
  await send(app, id);
  const before = await recordOf(app, id);
  assert.equal((await app.request(`/api/v1/uploads/${id}`, { method: "DELETE" })).status, 204);

  // As between the removal of the file and that of its record.
  await core.records.transact((commit) => {
    commit.set(keys.blob(before.blobId), { id: before.blobId, state: "deleting" });
    return Promise.resolve();
  });
  (await core.blobs.openWriter(before.blobId)).close();
  const reason = await reasonOfFailure(core, before, new Error("too late"));
  assert.equal((reason as { code?: string }).code, "upload-cancelled");
  const one = [{ file: before.blobId, offset: 0, length: 0 }];
  await assert.rejects(core.blobs.openReader(one), { code: "blob-missing" });
});

Deno.test("a digest that is declared while the bytes are hashed must match too", async () => {
  await using app = await startApp();
  const { core } = app.services;
  const file = { fileName: "a.txt", size: CONTENT.length, fingerprint: "mine" };
  const { body: { id } } = await app.json("POST", "/api/v1/uploads", { body: file });
  await send(app, id);
  const before = await recordOf(app, id);
  const again = await app.json("POST", "/api/v1/uploads", { body: { ...file, sha256: "0".repeat(64) } });
  assert.equal(again.body.id, id);

  using lease = await core.live.open(before);
  const finishing = finishOnce(core, { record: before, upload: lease.upload, sha256: null, actor: SYSTEM });
  await assert.rejects(finishing, { code: "digest-mismatch" });
  await core.background.settled();
  assert.equal((await app.json("POST", `/api/v1/uploads/${id}/complete`)).body.code, "digest-mismatch");
  assert.equal((await recordOf(app, id)).status, "failed");
});
