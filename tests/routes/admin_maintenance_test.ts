/** Checks as administrators ask for them. */
import assert from "node:assert/strict";
import { keys } from "../../services/records/keys.ts";
import { ADMIN, startApp, type TestApp } from "../support/app.ts";
import { check } from "../support/check.ts";
import { putFile } from "../support/stored_files.ts";
import { handFed, newSession, SMALL_CHUNKS, until } from "../support/upload_calls.ts";
import { openSession, putChunk } from "../support/uploads.ts";

const CHECK = "/api/v1/admin/maintenance/check";

const begin = (app: TestApp) => app.request(CHECK, { method: "POST", user: ADMIN });

Deno.test("a check tells how far it is, one at a time, and ends when its reader goes", async () => {
  await using app = await startApp();
  for (let n = 0; n < 3; n++) await putFile(app, { body: `file ${n}` });
  const first = await begin(app);
  assert.equal(first.headers.get("content-type"), "application/x-ndjson");
  const reader = first.body!.getReader();
  const line = new TextDecoder().decode((await reader.read()).value);
  assert.equal(JSON.parse(line).type, "progress");
  const second = await begin(app);
  assert.deepEqual([second.status, (await second.json()).code], [409, "job-running"]);
  await reader.cancel();
  // One that nobody has read from is over, too.
  await (await begin(app)).body!.cancel();
  assert.deepEqual((await check(app)).report.lookedAt.files, 3);
});

Deno.test("a check ends with a word when the server stops", async () => {
  await using app = await startApp();
  await putFile(app);
  const response = await begin(app);
  const reader = response.body!.getReader();
  await reader.read();
  await app.services.core.gate.stop(0);
  let last = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    last = new TextDecoder().decode(next.value);
  }
  assert.deepEqual([JSON.parse(last).type, JSON.parse(last).code], ["error", "stopping"]);
  assert.equal((await begin(app)).status, 503);
});

Deno.test("acknowledged bytes that are lost are not taken back while somebody writes", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  const id = await openSession(app, { size: 16_384 });
  assert.equal((await putChunk(app, { id, body: new Uint8Array(4096).fill(1) })).status, 200);
  const { value } = await app.services.core.records.get<{ blobId: string }>(keys.upload(id));
  const { blobId } = value!;
  const body = handFed();
  const writing = app.request(`/api/v1/uploads/${id}/chunks/8192`, { method: "PUT", body: body.stream });
  await until(() => app.services.core.live.peek(id)?.claims.size === 1);
  await Deno.truncate(`${app.config.dataDir}/blobs/${blobId.slice(0, 8)}/${blobId.slice(9)}`, 10);
  const { findings: [finding], report } = await check(app, { mend: true });
  assert.deepEqual([finding!.kind, finding!.state, report.left], ["lost-chunk", "failed", 1]);
  assert.match(finding!.why!, /Another request is writing/);
  body.send(new Uint8Array(4096));
  body.end();
  assert.equal((await writing).status, 200);
  await (await writing).body?.cancel();
  // A hole by now, which only its digest tells.
  assert.equal((await check(app, { mend: true, bytes: true })).findings[0]!.state, "mended");
  const { body: session } = await app.json("GET", `/api/v1/uploads/${id}`);
  assert.deepEqual(session.received, [{ offset: 8192, size: 4096 }]);
});

Deno.test("bytes of a single request on its way are no stray ones, however long it takes", async () => {
  await using app = await startApp();
  const body = handFed();
  const writing = app.request("/api/v1/files/slow.bin", { method: "PUT", body: body.stream });
  body.send(new TextEncoder().encode("slow "));
  await until(async () => (await Array.fromAsync(app.services.core.blobs.stored())).length === 1);
  app.clock += 3 * 3_600_000;
  assert.deepEqual((await check(app, { mend: true })).findings, []);
  body.send(new TextEncoder().encode("bytes"));
  body.end();
  const { id } = await (await writing).json();
  assert.equal(await (await app.request(`/api/v1/attachments/${id}/content`)).text(), "slow bytes");
  await newSession(app, { size: 5 });
  assert.deepEqual((await check(app, { mend: true })).findings, []);
});
