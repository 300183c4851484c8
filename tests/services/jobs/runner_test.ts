/** One run at a time, recorded, going on where the one before stopped. */
import assert from "node:assert/strict";
import { SYSTEM } from "../../../services/audit/entry.ts";
import { listAudit } from "../../../services/audit/list.ts";
import type { Core } from "../../../services/core.ts";
import type { Job, StepContext, StepResult } from "../../../services/jobs/job.ts";
import { JOBS } from "../../../services/jobs/jobs.ts";
import { listJobs } from "../../../services/jobs/overview.ts";
import { startRun } from "../../../services/jobs/runner.ts";
import { type JobLease, LEASE_MS, listRuns } from "../../../services/jobs/runs.ts";
import { keys } from "../../../services/records/keys.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { assertConsistent } from "../../support/store_check.ts";
import { putFile } from "../../support/stored_files.ts";

const DAY = 86_400_000;
const NAME = "softDeleted";

const core = (app: TestApp): Core => app.services.core;
const jobOf = (step: (context: StepContext) => Promise<StepResult>): Job => ({
  name: NAME,
  description: "Of a test.",
  step: (_core, context) => step(context),
});

async function run(app: TestApp, job: Job, signal?: AbortSignal) {
  const started = await startRun(core(app), job, { actor: SYSTEM, ...(signal && { signal }) });
  assert.ok(started, "nobody else runs it");
  return await started.ended;
}

Deno.test("of many instances that start a job in the same minute one does it, a hundred times", async () => {
  await using app = await startApp();
  let inside = 0;
  let runs = 0;
  const job = jobOf(async () => {
    assert.equal(++inside, 1, "alone");
    runs++;
    await core(app).records.get(["yield"]);
    inside--;
    return { next: "done" };
  });
  for (let round = 0; round < 100; round++) {
    const started = await Promise.all([1, 2, 3].map(() => startRun(core(app), job, { actor: SYSTEM })));
    // One that asks after the end of another may run too.
    assert.ok(started.some((one) => one !== null));
    await Promise.all(started.map((one) => one?.ended));
  }
  assert.ok(runs >= 100);
  assert.equal((await listRuns(core(app), NAME)).length, 100, "the last hundred are kept");
  assert.ok((await listRuns(core(app), NAME)).every(({ state }) => state === "done"));
  assert.equal((await core(app).records.get(keys.jobLease(NAME))).value, null);
});

Deno.test("a run in progress keeps others out for as long as it shows itself, not a moment longer", async () => {
  await using app = await startApp();
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let steps = 0;
  const slow = jobOf(async ({ tally }) => {
    tally.removed++;
    if (++steps === 1) {
      reached.resolve();
      await goOn.promise;
    }
    return { next: "more" };
  });
  const first = await startRun(core(app), slow, { actor: SYSTEM });
  await reached.promise;
  app.clock += LEASE_MS - 1;
  const other = jobOf(() => Promise.resolve({ next: "done" }));
  assert.equal(await startRun(core(app), other, { actor: SYSTEM }), null);
  assert.equal((await listJobs(core(app))).find(({ job }) => job.name === NAME)!.running?.state, "running");
  app.clock += 1;
  const second = await run(app, other);
  assert.equal(second?.state, "done");

  goOn.resolve();
  assert.equal(await first!.ended, null, "it has lost its lease");
  assert.equal(steps, 1, "and does no further step");
  assert.deepEqual((await listRuns(core(app), NAME)).map(({ state }) => state), ["done", "interrupted"]);
});

Deno.test("a step that lasts renews the lease, and learns when it is lost", async () => {
  await using app = await startApp();
  const other = jobOf(() => Promise.resolve({ next: "done" }));
  const kept = await run(
    app,
    jobOf(async ({ pulse }) => {
      for (let times = 0; times < 10; times++) {
        app.clock += LEASE_MS / 2;
        await pulse();
      }
      assert.equal(await startRun(core(app), other, { actor: SYSTEM }), null);
      return { next: "done" };
    }),
  );
  assert.equal(kept?.state, "done");
  assert.equal(kept.endedAt - kept.startedAt, 5 * LEASE_MS);

  const lost = await run(
    app,
    jobOf(async ({ pulse }) => {
      app.clock += LEASE_MS;
      await (await startRun(core(app), other, { actor: SYSTEM }))!.ended;
      await pulse();
      return { next: "done" };
    }),
  );
  assert.equal(lost, null);
});

Deno.test("after a crash in the middle the next run goes on at the same place and says what became of the other", async () => {
  await using app = await startApp();
  const seen: (string | null)[] = [];
  const counting = jobOf(({ position, tally }) => {
    seen.push(position);
    tally.lookedAt++;
    const next = Number(position ?? 0) + 1;
    return Promise.resolve(next < 6 ? { next: "more", position: String(next) } : { next: "done" });
  });
  // A process that dies writes nothing any more, however its commits are tried.
  const { records } = core(app);
  let commits = 0;
  const dying = {
    ...core(app),
    records: {
      ...records,
      transact: ((attempt) => {
        if (++commits > 4) return Promise.reject(new Error("killed"));
        return records.transact(attempt);
      }) as typeof records.transact,
    },
  };
  assert.equal(await (await startRun(dying, counting, { actor: SYSTEM }))!.ended, null);
  const [crashed] = await listRuns(core(app), NAME);
  assert.equal(crashed!.state, "running");
  assert.equal(crashed!.lookedAt, 2);
  await app.restart();
  app.clock += LEASE_MS;
  const shown = (await listJobs(core(app))).find(({ job }) => job.name === NAME)!;
  assert.deepEqual([shown.running, shown.last?.state], [null, "interrupted"]);
  seen.length = 0;
  assert.equal((await run(app, counting))?.state, "done");
  assert.deepEqual(seen, ["2", "3", "4", "5"]);
  assert.deepEqual((await listRuns(core(app), NAME)).map(({ state }) => state), ["done", "interrupted"]);
  seen.length = 0;
  await run(app, counting);
  assert.equal(seen[0], null, "what was done begins at the start again");
});

Deno.test("a stop ends a run before its next step; what is left is for the next run", async () => {
  await using app = await startApp();
  const stop = new AbortController();
  let steps = 0;
  const endless = jobOf(() => {
    if (++steps === 3) stop.abort();
    return Promise.resolve({ next: "more", position: String(steps) });
  });
  assert.equal((await run(app, endless, stop.signal))?.state, "partial");
  assert.equal(steps, 3);
  const { state } = (await run(app, endless))!;
  assert.deepEqual([state, steps], ["partial", 1003], "a run has an end, however much there is to do");
});

Deno.test("a step that fails is tried again a few times, and the run says why it failed", async () => {
  await using app = await startApp();
  let steps = 0;
  const once = await run(
    app,
    jobOf(() => ++steps === 1 ? Promise.reject(new Error("no answer")) : Promise.resolve({ next: "done" })),
  );
  assert.deepEqual([once?.state, once?.errors, once?.messages], ["failed", 1, ["no answer"]]);
  steps = 0;
  const always = await run(
    app,
    jobOf(() => {
      steps++;
      return Promise.reject(new Error("x".repeat(5000)));
    }),
  );
  assert.deepEqual([always?.errors, steps], [10, 10]);
  assert.ok(always!.messages.every((message) => message.length === 300));
});

Deno.test("each job records what it did, and the audit has a run that changed something", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  await app.json("DELETE", `/api/v1/attachments/${id}`);
  const job = (name: string) => JOBS.find((one) => one.name === name)!;
  app.clock += 30 * DAY - 1000;
  assert.equal((await run(app, job("softDeleted")))?.removed, 0);
  app.clock += 1000;
  assert.equal((await run(app, job("softDeleted")))?.removed, 1);
  app.clock += 90 * DAY - 1000;
  assert.equal((await run(app, job("recycleBin")))?.removed, 0);
  app.clock += 1000;
  const { lookedAt, removed, bytesFreed } = (await run(app, job("recycleBin")))!;
  assert.deepEqual({ lookedAt, removed, bytesFreed }, { lookedAt: 1, removed: 1, bytesFreed: 4 });
  const { items } = await listAudit(core(app), { action: "job.run", limit: 10 });
  assert.deepEqual(items.map(({ target, actor }) => [target.id, actor.role]), [
    ["recycleBin", "system"],
    ["softDeleted", "system"],
  ]);
  for (const each of JOBS) assert.equal((await run(app, each))?.state, "done", each.name);
  await assertConsistent(app);
});

Deno.test("a lease left by a process that is gone is over when its time is", async () => {
  await using app = await startApp();
  await core(app).records.transact((commit) => {
    commit.set(keys.jobLease(NAME), { owner: "gone", expiresAt: app.clock + 1 } satisfies JobLease);
    return Promise.resolve();
  });
  const job = jobOf(() => Promise.resolve({ next: "done" }));
  assert.equal(await startRun(core(app), job, { actor: SYSTEM }), null);
  app.clock += 1;
  assert.equal((await run(app, job))?.state, "done");
});
