import assert from "node:assert/strict";
import { binDeleted, deleteOrphans, purgeBinned } from "../../services/attachments/retention.ts";
import { sweepBlobs } from "../../services/cleanup.ts";
import { ADMIN, startApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { jitter } from "../support/jitter.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { putFile } from "../support/stored_files.ts";

const ROUNDS = 100;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

Deno.test("a restore meets the clock: the file is whole and live, or in its next stage, never half of both", async () => {
  await using app = await startApp({ pawlJson: { limits: { uploadsPerMinute: 0 } } });
  const { core } = app.services;
  const ready = barrier(3);
  const wait = jitter(1);
  const seen = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const { id } = await putFile(app, { body: `${round}` });
    await app.json("DELETE", `/api/v1/attachments/${id}`);
    const last = round % 2 === 1;
    app.clock += 30 * DAY;
    if (last) {
      await binDeleted(core);
      app.clock += 90 * DAY;
    }
    const job = last ? purgeBinned : binDeleted;
    const [{ status }] = await Promise.all([
      ready().then(wait).then(() =>
        app.json("POST", `/api/v1/attachments/${id}/restore`, last ? { user: ADMIN } : {})
      ),
      ready().then(wait).then(() => job(core)),
      ready().then(wait).then(() => job(core)),
    ]);
    const { status: there, body } = await app.json("GET", `/api/v1/attachments/${id}`, { user: ADMIN });
    const outcome = there === 404 ? "gone" : body.deletedAt === null ? "live" : "binned";
    assert.equal(outcome, status === 200 ? "live" : last ? "gone" : "binned");
    seen.set(`${last} ${outcome}`, (seen.get(`${last} ${outcome}`) ?? 0) + 1);
    if (outcome === "live") {
      const content = await app.request(`/api/v1/attachments/${id}/content`);
      assert.equal(await content.text(), `${round}`);
    }
  }
  assert.equal(seen.size, 4, `all outcomes were met: ${[...seen]}`);
  await cleanUp(app, { hours: 1 });
  await assertConsistent(app);
});

Deno.test("a file is given what it belongs to as the clock deletes it as an orphan: one of both, and its owner can always have it", async () => {
  await using app = await startApp({
    pawlJson: { businessTypes: { Scan: { orphanHours: 24 } }, limits: { uploadsPerMinute: 0 } },
  });
  const ready = barrier(2);
  const wait = jitter(2);
  const seen = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const { id } = await putFile(app, { businessType: "Scan", body: `${round}` });
    app.clock += DAY;
    const [{ status }] = await Promise.all([
      ready().then(wait).then(() =>
        app.json("PATCH", `/api/v1/attachments/${id}`, { body: { businessId: "order" } })
      ),
      ready().then(wait).then(() => deleteOrphans(app.services.core)),
    ]);
    seen.add(status);
    const { body } = await app.json("GET", `/api/v1/attachments/${id}`);
    assert.equal(body.deletedAt === null, status === 200);
    assert.equal(body.businessId, status === 200 ? "order" : null);
  }
  assert.deepEqual([...seen].toSorted(), [200, 409]);
  await assertConsistent(app);
});

Deno.test("the last reference is purged by the clock as equal content comes: the new file has its bytes", async () => {
  await using app = await startApp({ pawlJson: { limits: { uploadsPerMinute: 0 } } });
  const { core } = app.services;
  const ready = barrier(3);
  const wait = jitter(3);
  for (let round = 0; round < ROUNDS; round++) {
    const body = `content ${round}`;
    const { id } = await putFile(app, { body });
    await app.json("DELETE", `/api/v1/attachments/${id}`);
    app.clock += 30 * DAY;
    await binDeleted(core);
    app.clock += 90 * DAY;
    const sweep = async () => {
      await wait();
      app.clock += HOUR;
      await sweepBlobs(core);
    };
    const [made] = await Promise.all([
      ready().then(wait).then(() => putFile(app, { body })),
      ready().then(wait).then(() => purgeBinned(core)).then(sweep),
      ready().then(sweep),
    ]);
    await sweepBlobs(core);
    const content = await app.request(made.url);
    assert.equal(await content.text(), body);
  }
  await cleanUp(app, { hours: 1 });
  const { attachments, blobs } = await assertConsistent(app);
  assert.deepEqual([attachments.length, blobs.length], [ROUNDS, ROUNDS]);
});
