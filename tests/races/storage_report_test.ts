/** The count of what is stored, beside everything that changes it. */
import assert from "node:assert/strict";
import { SYSTEM } from "../../services/audit/entry.ts";
import { sweepBlobs } from "../../services/cleanup.ts";
import { findJob } from "../../services/jobs/overview.ts";
import { startRun } from "../../services/jobs/runner.ts";
import { countStorage } from "../../services/reports/count.ts";
import { adminGet, runJob } from "../support/admin.ts";
import { ADMIN, ALICE, BOB, startApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { jitter } from "../support/jitter.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertReportRight } from "../support/storage_recount.ts";
import { assertConsistent } from "../support/store_check.ts";
import { complete, openSession, putChunk, uploadFile } from "../support/uploads.ts";

const ROUNDS = 30;
const MINUTE = 60_000;

Deno.test("a count beside uploads, deletes and the sweep fails nobody, and the next one that is alone is exact", async () => {
  await using app = await startApp();
  const { core } = app.services;
  const together = barrier(5);
  const wait = jitter(3);
  // Of small commits, so that much happens between two of them.
  const job = {
    ...findJob("storageReport"),
    step: (of: typeof core, context: Parameters<typeof countStorage>[1]) =>
      countStorage(of, context, { rows: 5, commits: 3 }),
  };
  const kept: string[] = [];
  const bytes = (seed: number) => randomBytes(500 + seed, { seed });

  for (let round = 0; round < ROUNDS; round++) {
    const [run] = await Promise.all([
      together().then(() => startRun(core, job, { actor: SYSTEM })).then((started) => started!.ended),
      together().then(wait).then(() => uploadFile(app, { bytes: bytes(round % 5), user: ALICE })).then((id) =>
        kept.push(id)
      ),
      together().then(wait).then(() => uploadFile(app, { bytes: bytes(round % 3), user: BOB })).then((id) =>
        app.json("DELETE", `/api/v1/attachments/${id}?permanent=${round % 2 === 0}`, { user: ADMIN })
      ),
      together().then(wait).then(async () => {
        const id = await openSession(app, { size: 700 });
        await putChunk(app, { id, body: bytes(200) });
        if (round % 2) assert.equal((await complete(app, { id })).status, 201);
      }),
      together().then(wait).then(async () => {
        app.clock += 11 * MINUTE;
        await sweepBlobs(core);
      }),
    ]);
    assert.deepEqual([run!.state, run!.errors], ["done", 0], run!.messages.join());
    // Nothing is taken from what is there all the time.
    const { files, asOf, disk: _disk, growth: _growth, complete: _complete, ...figures } = await adminGet(
      app,
      "storage",
    );
    assert.ok(files >= kept.length - 1 && asOf !== null);
    assert.ok(Object.values(figures).every((figure) => (figure as number) >= 0), JSON.stringify(figures));
    await core.background.settled();
  }
  await runJob(app, "storageReport");
  await assertReportRight(app);
  await assertConsistent(app);
});
