import assert from "node:assert/strict";
import { sealAudit } from "../../../services/audit/seal.ts";
import { SYSTEM } from "../../../services/audit/entry.ts";
import type { AuditRecord } from "../../../services/audit/entry.ts";
import { purgeAudit } from "../../../services/audit/purge.ts";
import type { SealRecord } from "../../../services/audit/seal.ts";
import { verifyAudit } from "../../../services/audit/verify.ts";
import { keys } from "../../../services/records/keys.ts";
import { startApp, type TestApp } from "../../support/app.ts";

const HOUR = 3_600_000;

async function addEntries(app: TestApp, count: number): Promise<void> {
  const { records, audit } = app.services.core;
  for (let index = 0; index < count; index++) {
    await records.transact((commit) => {
      audit.add(commit, {
        actor: SYSTEM,
        action: "job.run",
        target: { kind: "job", id: `job ${index}` },
        detail: { index },
      });
      return Promise.resolve();
    });
  }
}

async function sealAll(app: TestApp): Promise<void> {
  while ((await sealAudit(app.services.core)).more);
}

function verify(app: TestApp, expected?: string) {
  return verifyAudit(app.services.core.records, { now: app.clock, expected });
}

async function change(app: TestApp, key: Deno.KvKey, edit: (commit: Deno.AtomicOperation) => void) {
  await app.services.core.records.transact((commit) => {
    edit(commit);
    return Promise.resolve(key);
  });
}

async function firstSealed(app: TestApp): Promise<string> {
  const [seal] = await app.services.core.records.page<SealRecord>(keys.auditSeals(), { limit: 1 });
  return seal!.value.entries[0]!.id;
}

Deno.test("sealed entries form a chain that verifies, batch by batch, also when two seal at once", async () => {
  await using app = await startApp();
  await addEntries(app, 650);
  await Promise.all([sealAll(app), sealAll(app), sealAll(app)]);
  await addEntries(app, 3);
  app.clock += HOUR;
  const verdict = await verify(app);
  assert.deepEqual(verdict.findings, []);
  assert.deepEqual([verdict.sealed, verdict.unsealed], [650, 3]);
  assert.ok(verdict.seals >= 3);
});

Deno.test("an entry that was changed is named", async () => {
  await using app = await startApp();
  await addEntries(app, 5);
  await sealAll(app);
  const id = await firstSealed(app);
  const { value } = await app.services.core.records.get<AuditRecord>(keys.audit(id));
  await change(
    app,
    keys.audit(id),
    (commit) => commit.set(keys.audit(id), { ...value!, detail: { index: 99 } }),
  );
  assert.deepEqual((await verify(app)).findings, [`Entry ${id} of seal 1 was changed.`]);
});

Deno.test("an entry that was removed, and one that was slipped in, show", async () => {
  await using app = await startApp();
  await addEntries(app, 5);
  await sealAll(app);
  const id = await firstSealed(app);
  const { value } = await app.services.core.records.get<AuditRecord>(keys.audit(id));
  app.clock += HOUR;
  await change(app, keys.audit(id), (commit) => commit.delete(keys.audit(id)));
  assert.deepEqual((await verify(app)).findings, [`Entry ${id} of seal 1 is missing.`]);

  const forged = `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`;
  await change(
    app,
    keys.audit(id),
    (commit) => commit.set(keys.audit(id), value!).set(keys.audit(forged), { ...value!, id: forged }),
  );
  assert.deepEqual((await verify(app)).findings, ["1 entries were never sealed: they were slipped in."]);
});

Deno.test("a seal that was changed, removed or cut off the end shows", async () => {
  await using app = await startApp();
  for (let round = 0; round < 3; round++) {
    await addEntries(app, 2);
    await sealAll(app);
  }
  const { head } = await verify(app);
  const { value } = await app.services.core.records.get<SealRecord>(keys.auditSeal(2));

  await change(app, [], (commit) => commit.set(keys.auditSeal(2), { ...value!, at: value!.at + 1 }));
  assert.deepEqual((await verify(app)).findings, ["Seal 2 was changed."]);
  await change(app, [], (commit) => commit.delete(keys.auditSeal(2)));
  assert.deepEqual((await verify(app)).findings, ["Seals 2 to 2 are missing."]);
  await change(app, [], (commit) => commit.set(keys.auditSeal(2), value!).delete(keys.auditSeal(3)));
  assert.match((await verify(app, head)).findings.join(), /no seal .*: it was cut off/);
});

Deno.test("entries older than the configured days go with their seals, and the rest still verifies", async () => {
  await using app = await startApp({ pawlJson: { audit: { keepDays: 30 } } });
  await addEntries(app, 4);
  await sealAll(app);
  app.clock += 30 * 24 * HOUR - 1;
  await addEntries(app, 2);
  await sealAll(app);
  assert.deepEqual(await purgeAudit(app.services.core), { removed: 0, more: false });
  app.clock += 2;
  assert.deepEqual(await purgeAudit(app.services.core), { removed: 4, more: true });
  assert.deepEqual(await purgeAudit(app.services.core), { removed: 0, more: false });
  const verdict = await verify(app);
  assert.deepEqual([verdict.findings, verdict.sealed], [[], 2]);
});
