/** Jobs beside uploads, downloads and completes in flight. */
import assert from "node:assert/strict";
import { SYSTEM } from "../../services/audit/entry.ts";
import { JOBS } from "../../services/jobs/jobs.ts";
import { startRun } from "../../services/jobs/runner.ts";
import { startApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { complete, openSession, putChunk, uploadFile } from "../support/uploads.ts";

const MINUTE = 60_000;

Deno.test("whatever job runs, nothing that is young or in use is lost, in a hundred rounds", async () => {
  await using app = await startApp();
  const { core } = app.services;
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  const together = barrier(4);
  const read = async (id: string) =>
    new Uint8Array(await (await app.request(`/api/v1/attachments/${id}/content`)).arrayBuffer());
  const old = { id: await uploadFile(app, { bytes: randomBytes(3000, { seed: 1 }) }) };

  for (let round = 0; round < 100; round++) {
    // So near to the end that the job and the last chunk meet at the session's expiry.
    const bytes = randomBytes(2000, { seed: round + 10 });
    const session = await openSession(app, { size: bytes.length });
    if (round % 10 === 9) app.clock += 24 * 60 * MINUTE + 2 * MINUTE;
    // Each of them also in one of the rounds at an expiry, however many there are.
    const job = JOBS[(round + Math.floor(round / 10)) % JOBS.length]!;
    const [sent, , , run] = await Promise.all([
      together().then(async () => {
        const { status } = await putChunk(app, { id: session, body: bytes });
        return status === 200 ? await complete(app, { id: session }) : null;
      }),
      together().then(() => read(old.id)).then((found) => assert.equal(found.length, 3000)),
      together().then(() => uploadFile(app, { bytes: randomBytes(1000, { seed: round % 7 }) })).then((id) =>
        app.request(`/api/v1/attachments/${id}?permanent=true`, { method: "DELETE" })
      ),
      together().then(() => startRun(core, job, { actor: SYSTEM })).then((started) => started!.ended),
    ]);
    assert.deepEqual([run!.state, run!.errors, run!.damaged], ["done", 0, 0], run!.messages.join());
    if (sent?.attachmentId) kept.set(sent.attachmentId, bytes);
    else assert.equal(round % 10, 9, "only a session that was over may be refused");
  }
  assert.ok(kept.size >= 90);
  for (const [id, bytes] of kept) assert.deepEqual(await read(id), bytes);
  await cleanUp(app, { hours: 1 });
  await assertConsistent(app);
});
