/** Steps that go through many things on a slow disk: the run is asked between them whether it is to go on. */
import assert from "node:assert/strict";
import { SYSTEM } from "../../../services/audit/entry.ts";
import { binDeleted } from "../../../services/attachments/retention.ts";
import type { Core } from "../../../services/core.ts";
import type { Job } from "../../../services/jobs/job.ts";
import { findJob } from "../../../services/jobs/overview.ts";
import { startRun } from "../../../services/jobs/runner.ts";
import { LEASE_MS } from "../../../services/jobs/runs.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { archive } from "../../support/archives.ts";
import { makeLink } from "../../support/links.ts";
import { putFile } from "../../support/stored_files.ts";
import { openSession } from "../../support/uploads.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MANY = 15;
const CONFIG = { businessTypes: { Scan: { orphanHours: 2 } } };

interface Case {
  job: string;
  name?: string;
  /** Makes something that is due later. */
  make(app: TestApp, file: string): Promise<unknown>;
  due(app: TestApp, file: string): Promise<unknown> | void;
  /** By a run that is stopped when it asks for the third time. */
  stopped?: { lookedAt: number; removed: number };
}

const remove = (app: TestApp, id: string) => app.json("DELETE", `/api/v1/attachments/${id}`);

const CASES: Case[] = [
  {
    job: "softDeleted",
    make: async (app) => await remove(app, (await putFile(app)).id),
    due: (app) => void (app.clock += 30 * DAY),
  },
  {
    job: "recycleBin",
    make: async (app) => await remove(app, (await putFile(app)).id),
    async due(app) {
      app.clock += 30 * DAY;
      await binDeleted(app.services.core);
      app.clock += 90 * DAY;
    },
  },
  {
    job: "orphans",
    make: (app) => putFile(app, { businessType: "Scan" }),
    due: (app) => void (app.clock += 2 * HOUR),
  },
  {
    job: "expiredSessions",
    make: (app) => openSession(app, { size: 10 }),
    due: (app) => void (app.clock += 25 * HOUR),
  },
  { job: "expiredTokens", make: makeLink, due: (app) => void (app.clock += 8 * DAY) },
  {
    job: "expiredTokens",
    name: "expiredTokens, of a file that is gone",
    make: makeLink,
    due: (app, file) => app.json("DELETE", `/api/v1/attachments/${file}?permanent=true`),
    stopped: { lookedAt: 1, removed: 1 },
  },
  {
    job: "expiredArchives",
    make: (app, file) => archive(app, [file]),
    due: (app) => void (app.clock += DAY),
  },
];

/** An application in which many things are due for the job. */
async function prepared({ make, due }: Case): Promise<TestApp> {
  const app = await startApp({ pawlJson: CONFIG });
  const { id } = await putFile(app);
  for (let count = 0; count < MANY; count++) await make(app, id);
  await due(app, id);
  return app;
}

Deno.test("a stop waits for one thing of a step, not for all of them, and is no error", async (t) => {
  for (const one of CASES) {
    await t.step(one.name ?? one.job, async () => {
      await using app = await prepared(one);
      const { core } = app.services;
      const stop = new AbortController();
      const job = findJob(one.job);
      let asked = 0;
      const stopping: Job = {
        ...job,
        step: (core, context) =>
          job.step(core, {
            ...context,
            async pulse() {
              if (++asked === 3) stop.abort();
              await context.pulse();
            },
          }),
      };
      const run = await (await startRun(core, stopping, { actor: SYSTEM, signal: stop.signal }))!.ended;
      const { lookedAt, removed, state, errors } = run!;
      const expected = one.stopped ?? { lookedAt: 2, removed: 2 };
      assert.deepEqual({ lookedAt, removed, state, errors }, { ...expected, state: "partial", errors: 0 });
      const rest = await (await startRun(core, job, { actor: SYSTEM }))!.ended;
      assert.deepEqual([rest!.state, removed + rest!.removed], ["done", MANY]);
    });
  }
});

Deno.test("a step keeps its lease, however long its things take together", async (t) => {
  for (const one of CASES) {
    await t.step(one.name ?? one.job, async () => {
      await using app = await prepared(one);
      const { core } = app.services;
      const job = findJob(one.job);
      const rival = () => startRun(core, job, { actor: SYSTEM });
      const slow: Job = { ...job, step: (core, context) => job.step(onSlowDisk(app, core, rival), context) };
      const run = await (await startRun(core, slow, { actor: SYSTEM }))!.ended;
      assert.deepEqual([run?.state, run?.removed], ["done", MANY]);
    });
  }
});

/** On which each commit takes a tenth of a lease; another instance looks whether the job is free. */
function onSlowDisk(app: TestApp, core: Core, rival: () => Promise<unknown>): Core {
  const { records } = core;
  const transact: typeof records.transact = async (attempt) => {
    app.clock += LEASE_MS / 10;
    assert.equal(await rival(), null, "the lease is held");
    return await records.transact(attempt);
  };
  return { ...core, records: { ...records, transact } };
}
