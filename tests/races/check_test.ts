/** Checks of records against bytes beside everything that changes either: a healthy store has no finding at any moment. */
import assert from "node:assert/strict";
import { sweepBlobs } from "../../services/cleanup.ts";
import { BOB, startApp, type TestApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { check } from "../support/check.ts";
import { jitter } from "../support/jitter.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { OFFSET_BYTES } from "../support/tus.ts";
import { SMALL_CHUNKS } from "../support/upload_calls.ts";
import { complete, openSession, purge, putChunk, uploadFile } from "../support/uploads.ts";

const ROUNDS = 100;
const MINUTE = 60_000;

async function tus(app: TestApp, headers: Record<string, string>, body?: Uint8Array<ArrayBuffer>) {
  const type = body && { "Content-Type": OFFSET_BYTES, "Content-Length": String(body.length) };
  const response = await app.request("/files", {
    method: "POST",
    headers: { "Tus-Resumable": "1.0.0", ...type, ...headers },
    body: body ?? null,
  });
  await response.body?.cancel();
  assert.equal(response.status, 201);
  return response.headers.get("Location")!;
}

async function join(app: TestApp, seed: number): Promise<void> {
  const parts = [];
  for (const part of [0, 1]) {
    const bytes = randomBytes(300, { seed: seed * 2 + part });
    parts.push(await tus(app, { "Upload-Length": "300", "Upload-Concat": "partial" }, bytes));
  }
  const final = await tus(app, { "Upload-Concat": `final;${parts.join(" ")}` });
  for (const path of seed % 2 ? [final, ...parts] : parts) {
    const { status } = await app.request(path, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" } });
    assert.equal(status, 204);
  }
}

Deno.test("a check beside uploads, joins, deletes, restores, sweeps and links finds nothing, a hundred times", async () => {
  await using app = await startApp({ pawlJson: { ...SMALL_CHUNKS, limits: { uploadsAtOnce: 400 } } });
  const together = barrier(6);
  const wait = jitter(11);
  let looked = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(2000, { seed: round });
    const old = [
      await uploadFile(app, { bytes }),
      await uploadFile(app, { bytes: randomBytes(9, { seed: round }) }),
    ];
    const start = () => together().then(wait);
    const [{ findings, report }] = await Promise.all([
      together().then(() => check(app, { mend: round % 2 === 0, bytes: round % 3 === 0 })),
      start().then(async () => {
        const again = await uploadFile(app, { bytes, user: BOB });
        assert.equal(await purge(app, old[0]!), 204);
        await wait();
        await app.json("DELETE", `/api/v1/attachments/${again}?permanent=true`, { user: BOB });
      }),
      start().then(async () => {
        const id = await openSession(app, { size: 3000 });
        assert.equal((await putChunk(app, { id, body: bytes.slice(0, 1500) })).code, null);
        await wait();
        assert.equal((await putChunk(app, { id, offset: 1500, body: bytes.slice(500) })).code, null);
        if (round % 4 === 0) await app.json("DELETE", `/api/v1/uploads/${id}`);
        else {
          const { status, attachmentId } = await complete(app, { id });
          assert.equal(status, 201);
          if (round % 4 === 1) await purge(app, attachmentId!);
        }
      }),
      start().then(() => join(app, round)),
      start().then(async () => {
        const path = `/api/v1/attachments/${old[1]}`;
        await app.json("POST", `${path}/tokens`, { body: {} });
        await app.json("PATCH", path, { body: { fileName: `r${round}.txt`, businessId: `${round}` } });
        await app.json("DELETE", path);
        await wait();
        await app.json("POST", `${path}/restore`);
        await purge(app, old[1]!);
      }),
      together().then(async () => {
        for (let sweep = 0; sweep < 3; sweep++) {
          await wait();
          app.clock += 11 * MINUTE;
          await sweepBlobs(app.services.core);
        }
      }),
    ]);
    assert.deepEqual(findings, []);
    looked += report.lookedAt.blobs!;
    // So that a check is as quick as what it runs beside.
    if (round % 10 === 9) await cleanUp(app, { hours: 24 * 9 });
  }
  assert.ok(looked > ROUNDS, String(looked));
  await cleanUp(app, { hours: 1 });
  assert.deepEqual((await check(app, { bytes: true })).findings, []);
  await cleanUp(app, { hours: 48 });
  await assertConsistent(app);
});
