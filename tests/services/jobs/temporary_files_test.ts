/** Scratch files that a crash left behind. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SYSTEM } from "../../../services/audit/entry.ts";
import { JOBS } from "../../../services/jobs/jobs.ts";
import { startRun } from "../../../services/jobs/runner.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { openSession, putChunk } from "../../support/uploads.ts";

const HOUR = 3_600_000;
const job = JOBS.find(({ name }) => name === "temporaryFiles")!;

async function run(app: TestApp) {
  return (await (await startRun(app.services.core, job, { actor: SYSTEM }))!.ended)!;
}

Deno.test("temporary files go two hours after their last change, not a second before, and no others", async () => {
  await using app = await startApp();
  const { tempDir, dataDir } = app.config;
  assert.equal((await run(app)).state, "done", "there is no such folder yet");
  await Deno.mkdir(tempDir);
  const left = join(tempDir, `chunk-${crypto.randomUUID()}`);
  await Deno.writeTextFile(left, "12345");
  const modifiedAt = Math.floor(app.clock / 1000) * 1000;
  await Deno.utime(left, modifiedAt / 1000, modifiedAt / 1000);
  const outside = join(dataDir, `chunk-${crypto.randomUUID()}`);
  await Deno.writeTextFile(outside, "x");
  await Deno.writeTextFile(join(tempDir, "notes.txt"), "of somebody else");
  await Deno.mkdir(join(tempDir, `chunk-${crypto.randomUUID()}`));
  const link = `chunk-${crypto.randomUUID()}`;
  await Deno.symlink(outside, join(tempDir, link));
  const session = await openSession(app, { size: 10 });
  assert.equal((await putChunk(app, { id: session, offset: 5, body: new Uint8Array(5) })).status, 200);

  app.clock = modifiedAt + 2 * HOUR - 1000;
  assert.equal((await run(app)).removed, 0);
  app.clock += 1000;
  const { removed, bytesFreed } = await run(app);
  assert.deepEqual({ removed, bytesFreed }, { removed: 1, bytesFreed: 5 });
  app.clock += HOUR;
  assert.equal((await run(app)).removed, 0);
  await assert.rejects(Deno.stat(left), Deno.errors.NotFound);
  assert.equal(await Deno.readTextFile(outside), "x");
  assert.equal((await Deno.lstat(join(tempDir, link))).isSymlink, true);
  const { body } = await app.json("GET", `/api/v1/uploads/${session}`);
  assert.equal(body.receivedBytes, 5);
});
