/** Jobs as administrators see and run them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sealAudit } from "../../services/audit/seal.ts";
import { keys } from "../../services/records/keys.ts";
import { ADMIN, startApp, type TestApp } from "../support/app.ts";
import { makeLink } from "../support/links.ts";
import { putFile } from "../support/stored_files.ts";
import { openSession, putChunk } from "../support/uploads.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const JOBS = "/api/v1/admin/jobs";

const asAdmin = (app: TestApp, method: string, path: string, body?: unknown) =>
  app.json(method, `${JOBS}${path}`, { user: ADMIN, ...(body === undefined ? {} : { body }) });
const runNow = async (app: TestApp, name: string) => {
  const { status } = await asAdmin(app, "POST", `/${name}/run`);
  assert.equal(status, 202);
  await app.services.core.background.settled();
  return (await asAdmin(app, "GET", `/${name}/runs`)).body.items[0];
};

/** Every record with its version. */
async function everything(app: TestApp): Promise<string[]> {
  const all: string[] = [];
  let after: Deno.KvKey | undefined;
  for (;;) {
    const page = await app.services.core.records.page([], { limit: 500, ...(after && { after }) });
    all.push(...page.map(({ key, versionstamp }) => `${Deno.inspect(key)} ${versionstamp}`));
    if (page.length < 500) return all;
    after = page.at(-1)!.key;
  }
}

Deno.test("all jobs are listed with switch, schedule, next and last run", async () => {
  await using app = await startApp({ pawlJson: { jobs: { orphans: { enabled: false } } } });
  app.clock = Date.parse("2030-05-05T03:00:00Z");
  const { body: { items } } = await asAdmin(app, "GET", "");
  assert.deepEqual(items.map(({ name, next }: { name: string; next: string }) => [name, next]), [
    ["softDeleted", "2030-05-06T03:00:00.000Z"],
    ["recycleBin", "2030-05-05T04:00:00.000Z"],
    ["orphans", null],
    ["expiredSessions", "2030-05-05T03:07:00.000Z"],
    ["expiredTokens", "2030-05-06T02:20:00.000Z"],
    ["expiredArchives", "2030-05-05T03:23:00.000Z"],
    ["auditEntries", "2030-05-06T02:50:00.000Z"],
    ["temporaryFiles", "2030-05-05T03:37:00.000Z"],
    ["storedBytes", "2030-05-06T01:40:00.000Z"],
    ["storageReport", "2030-05-05T03:53:00.000Z"],
  ]);
  assert.ok(
    items.every((job: { last: unknown; running: unknown }) => job.last === null && job.running === null),
  );
  const run = await runNow(app, "orphans");
  assert.deepEqual([run.state, run.by, run.removed], ["done", "root", 0], "also one that is switched off");
  const { body } = await asAdmin(app, "GET", "");
  assert.deepEqual(body.items[2].last, run);
  const audit = await app.json("GET", "/api/v1/admin/audit?action=job.run", { user: ADMIN });
  assert.deepEqual(audit.body.items.map((entry: { actor: { id: string } }) => entry.actor.id), ["root"]);
});

Deno.test("a dry run tells what a run would remove and why, and changes nothing", async () => {
  await using app = await startApp();
  const { core } = app.services;
  const start = app.clock;
  const binned = await putFile(app, { fileName: "binned.txt", body: "1234567" });
  await app.json("DELETE", `/api/v1/attachments/${binned.id}`);
  app.clock = start + 30 * DAY;
  await runNow(app, "softDeleted");
  app.clock = start + 90 * DAY;
  const deleted = await putFile(app, { fileName: "deleted.txt", body: "other" });
  await app.json("DELETE", `/api/v1/attachments/${deleted.id}`);
  app.clock = start + 100 * DAY;
  const orphan = await putFile(app, { fileName: "orphan.txt", businessType: "Document" });
  const kept = await putFile(app, { fileName: "kept.txt", body: "kept" });
  await app.json("POST", `/api/v1/attachments/${kept.id}/tokens`, { body: { validHours: 1 } });
  await app.json("POST", "/api/v1/archives", { body: { ids: [kept.id] } });
  const session = await openSession(app, { size: 10 });
  await putChunk(app, { id: session, offset: 5, body: new Uint8Array(5) });
  while ((await sealAudit(core)).more);
  await Deno.mkdir(app.config.tempDir);
  const scratch = `chunk-${crypto.randomUUID()}`;
  await Deno.writeTextFile(join(app.config.tempDir, scratch), "123");
  app.clock = start + 520 * DAY;

  const expected: Record<string, [id: string | null, bytes: number | null]> = {
    softDeleted: [deleted.id, 0],
    recycleBin: [binned.id, 7],
    orphans: [orphan.id, 0],
    expiredSessions: [session, 5],
    expiredTokens: [null, null],
    expiredArchives: [null, null],
    auditEntries: [null, null],
    temporaryFiles: [scratch, 3],
  };
  for (const [name, [id, bytes]] of Object.entries(expected)) {
    const before = await everything(app);
    const { status, body } = await asAdmin(app, "POST", `/${name}/run`, { dryRun: true });
    assert.equal(status, 200, name);
    assert.deepEqual([body.dryRun, body.more], [true, false]);
    assert.equal(body.items.length, 1, `${name}: ${JSON.stringify(body.items)}`);
    const [item] = body.items;
    if (id !== null) assert.equal(item.id, id);
    assert.equal(item.bytes, bytes, name);
    assert.match(item.reason, /^[A-Z0-9].*\.$/);
    assert.equal(item.ageSeconds, Math.floor((app.clock - Date.parse(item.since)) / 1000));
    assert.ok(item.ageSeconds >= 0);
    assert.deepEqual(await everything(app), before, name);
    assert.ok(await Deno.stat(join(app.config.tempDir, scratch)));
  }
  const nothing = await asAdmin(app, "POST", "/storedBytes/run", { dryRun: true });
  assert.deepEqual([nothing.status, nothing.body.code], [400, "invalid-request"]);

  for (const name of Object.keys(expected)) {
    const run = await runNow(app, name);
    assert.deepEqual([run.state, run.errors], ["done", 0], name);
    // What ended so long ago is also forgotten, and more of the audit has become old than one seal, or not.
    assert.ok(run.removed >= 1, name);
    const after = await asAdmin(app, "POST", `/${name}/run`, { dryRun: true });
    assert.ok(!after.body.items.some((item: { id: string }) => item.id === expected[name]![0]), name);
  }
  assert.equal((await app.json("GET", `/api/v1/attachments/${kept.id}`)).status, 200);
});

Deno.test("a second before its edge nothing is named; a second later it is", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  await app.json("DELETE", `/api/v1/attachments/${id}`);
  const named = async () =>
    (await asAdmin(app, "POST", "/softDeleted/run", { dryRun: true })).body.items.length;
  app.clock += 30 * DAY - 1000;
  assert.equal(await named(), 0);
  app.clock += 1000;
  assert.equal(await named(), 1);
});

Deno.test("a dry run says from when the age of a link and of an old client's file is reckoned, and why they go", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const link = await makeLink(app, id, { validHours: 8000 });
  app.clock += HOUR;
  await app.json("DELETE", `/api/v1/tokens/${link.id}`);
  const form = new FormData();
  form.append("file", new Blob(["text"]), "a.txt");
  const sent = await app.request("/api/v1/Attachment/UploadDocument", { method: "POST", body: form });
  assert.equal((await sent.json()).isSuccess, true);
  app.clock += 7 * DAY;
  const named = async (name: string) =>
    (await asAdmin(app, "POST", `/${name}/run`, { dryRun: true })).body.items;
  const [revoked] = await named("expiredTokens");
  assert.deepEqual(
    [revoked.id, revoked.ageSeconds, revoked.reason],
    [link.id, 7 * DAY / 1000, "The link ended 7 days ago or more."],
  );
  const [orphan] = await named("orphans");
  assert.deepEqual([orphan.name, orphan.ageSeconds], ["a.txt", 7 * DAY / 1000]);
  assert.match(orphan.reason, /old client/);
});

Deno.test("a dry run names a hundred and says that there is more", async () => {
  await using app = await startApp();
  for (let n = 0; n < 101; n++) {
    const { id } = await putFile(app, { body: `${n}` });
    await app.json("DELETE", `/api/v1/attachments/${id}`);
  }
  app.clock += 30 * DAY;
  const { body } = await asAdmin(app, "POST", "/softDeleted/run", { dryRun: true });
  assert.deepEqual([body.items.length, body.more], [100, true]);
});

Deno.test("a job that runs, here or elsewhere, is not started a second time", async () => {
  await using app = await startApp();
  await app.services.core.records.transact((commit) => {
    commit.set(keys.jobLease("orphans"), { owner: "elsewhere", expiresAt: app.clock + 1000 });
    return Promise.resolve();
  });
  const { status, body } = await asAdmin(app, "POST", "/orphans/run");
  assert.deepEqual([status, body.code], [409, "job-running"]);
  assert.equal((await asAdmin(app, "POST", "/orphans/run", { dryRun: true })).status, 200);
  app.clock += 1000;
  assert.equal((await runNow(app, "orphans")).state, "done");
});
