/** Counts that are cut off, go on, begin anew and meet each other. */
import assert from "node:assert/strict";
import { SYSTEM } from "../../../services/audit/entry.ts";
import type { Core } from "../../../services/core.ts";
import { newTally, RunEnded } from "../../../services/jobs/job.ts";
import { findJob } from "../../../services/jobs/overview.ts";
import { startRun } from "../../../services/jobs/runner.ts";
import type { AttachmentRecord } from "../../../services/model.ts";
import { putAttachment } from "../../../services/records/attachments.ts";
import { keys } from "../../../services/records/keys.ts";
import type { CountRecord, ReportRecord } from "../../../services/records/reports.ts";
import type { Records } from "../../../services/records/records.ts";
import { countStorage } from "../../../services/reports/count.ts";
import { adminGet, adminPages, runJob } from "../../support/admin.ts";
import { ALICE, BOB, startApp, type TestApp } from "../../support/app.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { assertReportRight } from "../../support/storage_recount.ts";
import { putFile } from "../../support/stored_files.ts";
import { SMALL_CHUNKS } from "../../support/upload_calls.ts";
import { openSession, putChunk } from "../../support/uploads.ts";

const SIZES = { rows: 2, commits: 2 };

/** Files of some owners, some equal, one deleted; an open session. */
async function fill(app: TestApp): Promise<void> {
  const owners = [ALICE, BOB, { sub: "carol" }];
  for (let n = 0; n < 7; n++) {
    const { id } = await putFile(app, {
      user: owners[n % 3]!,
      body: randomBytes(100 + n % 4, { seed: n % 4 }),
    });
    if (n === 3) await app.json("DELETE", `/api/v1/attachments/${id}`);
  }
  const session = await openSession(app, { size: 9000 });
  for (const offset of [0, 2000, 4000]) {
    await putChunk(app, { id: session, offset, body: randomBytes(2000, { seed: offset }) });
  }
}

interface Step {
  core: Core;
  position: string | null;
  pulse?: () => Promise<void>;
}

const step = async ({ core, position, pulse = async () => {} }: Step) =>
  await countStorage(core, { position, tally: newTally(), pulse }, SIZES);

/** Steps from `position` on to the end. */
async function toTheEnd(core: Core, position: string | null): Promise<number> {
  for (let steps = 1;; steps++) {
    const result = await step({ core, position });
    if (result.next === "done") return steps;
    position = result.position!;
  }
}

const countOf = async ({ services }: TestApp) =>
  (await services.core.records.get<CountRecord>(keys.storageCount())).value!;

/** Whose commit number `at` (from 0) throws, before it is applied or after. */
function failing({ core }: TestApp["services"], { at, applied }: { at: number; applied: boolean }): Core {
  let commits = 0;
  const transact: Records["transact"] = async (attempt) => {
    const fails = commits++ === at;
    if (fails && !applied) throw new Error("cut off");
    const result = await core.records.transact(attempt);
    if (fails) throw new Error("cut off");
    return result;
  };
  return { ...core, records: { ...core.records, transact } };
}

Deno.test("a count that is cut off at any commit goes on there, and counts each row once", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await fill(app);
  for (const applied of [false, true]) {
    for (let at = 0, isOver = false; !isOver; at++) {
      const core = failing(app.services, { at, applied });
      let position: string | null = null;
      const positions = new Set<string>();
      for (isOver = false; !isOver;) {
        try {
          const result = await step({ core, position });
          isOver = result.next === "done";
          position = result.position ?? null;
          if (position !== null) positions.add(position);
        } catch (error) {
          assert.equal((error as Error).message, "cut off");
          break;
        }
      }
      // The next process: it knows the position that was stored after the last whole step.
      await toTheEnd(app.services.core, position);
      await assertReportRight(app);
      assert.ok(positions.size <= 1, "a count keeps its name");
    }
  }
});

Deno.test("a count goes on after the server was killed between two steps, and nothing of it is counted again", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await fill(app);
  const { next, position } = await step({ core: app.services.core, position: null });
  assert.equal(next, "more");
  const before = await countOf(app);
  await app.restart();
  const looked = newTally();
  const context = { position: position!, tally: looked, pulse: async () => {} };
  assert.equal((await countStorage(app.services.core, context)).next, "done");
  assert.equal((await countOf(app)).count, before.count);
  await assertReportRight(app);
  const all = (await runJob(app, "storageReport")).lookedAt;
  assert.ok(looked.lookedAt < all, `${looked.lookedAt} of ${all} rows`);
});

Deno.test("while a count is under way its report is the last one, and owners' figures are too", async () => {
  await using app = await startApp();
  await fill(app);
  await toTheEnd(app.services.core, null);
  const told = async () => {
    const { disk: _disk, ...storage } = await adminGet(app, "storage");
    return { storage, usage: (await adminPages(app, "usage", { limit: 2 })).items };
  };
  const before = await told();
  await putFile(app, { body: "another one" });
  await putFile(app, { body: "the first one of dave", user: { sub: "dave" } });
  let position: string | null = null;
  let steps = 0;
  for (;; steps++) {
    const result = await step({ core: app.services.core, position });
    if (result.next === "done") break;
    position = result.position!;
    assert.deepEqual(await told(), before, `after step ${steps}`);
  }
  assert.ok(steps > 3);
  await assertReportRight(app);
});

Deno.test("the schedule goes on with a count that was stopped; who asks for one gets it from the start", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await fill(app);
  const { core } = app.services;
  const job = { ...findJob("storageReport"), step: stoppingAfter(2) };
  const stopped = await (await startRun(core, job, { actor: SYSTEM }))!.ended;
  assert.equal(stopped!.state, "partial");
  const { count } = await countOf(app);
  await (await startRun(core, findJob("storageReport"), { actor: SYSTEM }))!.ended;
  assert.equal((await countOf(app)).count, count);
  await assertReportRight(app);

  await (await startRun(core, { ...job, step: stoppingAfter(2) }, { actor: SYSTEM }))!.ended;
  const abandoned = await countOf(app);
  assert.equal(abandoned.count, count + 1);
  await runJob(app, "storageReport");
  assert.equal((await countOf(app)).count, count + 2);
  await assertReportRight(app);
});

/** Small steps, of which the one after `steps` does not begin. */
function stoppingAfter(steps: number) {
  let begun = 0;
  return async (core: Core, context: Parameters<typeof countStorage>[1]) => {
    if (begun++ === steps) throw new RunEnded("stopping");
    return await countStorage(core, context, SIZES);
  };
}

Deno.test("two counts at once spoil neither", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  await fill(app);
  const { core } = app.services;
  const first = await step({ core, position: null });
  const both = { core, position: first.position! };
  // The same count, taken on by two: each commit is one's or the other's.
  await Promise.all([toTheEnd(core, first.position!), step(both), step(both)]);
  await toTheEnd(core, null);
  await assertReportRight(app);
});

Deno.test("very many owners are counted with a commit that never grows", async () => {
  await using app = await startApp();
  const { core } = app.services;
  const { id } = await putFile(app, { body: "12345" });
  const { value } = await core.records.get<AttachmentRecord>(keys.attachment(id));
  const OWNERS = 1200;
  for (let n = 0; n < OWNERS; n += 40) {
    await core.records.transact((commit) => {
      for (let more = n; more < n + 40; more++) {
        // As long as the ids of owners may be, each of another size.
        const ownerId = `${more}`.padStart(128, "o");
        putAttachment(commit, { ...value!, id: String(BigInt(id) + BigInt(more + 1)), ownerId, size: more });
      }
      return Promise.resolve();
    });
  }
  const run = await runJob(app, "storageReport");
  assert.deepEqual([run.state, run.errors], ["done", 0], run.messages.join());
  const { value: report } = await core.records.get<ReportRecord>(keys.storageReport());
  assert.equal(report!.figures.files, OWNERS + 1);
  assert.equal(report!.figures.fileBytes, 5 + OWNERS * (OWNERS - 1) / 2);
  const most = (await adminPages(app, "usage")).items.map(({ bytes }) => bytes);
  const sizes = [5, ...Array.from({ length: OWNERS }, (_, n) => n)].sort((a, b) => b - a);
  assert.deepEqual(most, sizes);
  assert.equal((await adminPages(app, "usage?sort=name")).items.length, OWNERS + 1);
});
