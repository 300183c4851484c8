import assert from "node:assert/strict";
import fc from "fast-check";
import type { Caller } from "../../../services/model.ts";
import { Problem } from "../../../services/problem.ts";
import { keys } from "../../../services/records/keys.ts";
import { ADMIN, startApp, type TestApp } from "../../support/app.ts";

const MIB = 2 ** 20;
const alice: Caller = { id: "alice", role: "user", name: "alice" };
const LIMITS = { uploadsAtOnce: 3, uploadsPerMinute: 5, bytesPerDay: 20 * MIB };
const MINUTE = 60_000;
const DAY = 86_400_000;

function start() {
  return startApp({ pawlJson: { limits: LIMITS } });
}

/** The code of the refusal, or "ok". */
async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

const open = (app: TestApp, id: string, bytes: number | null = 1) =>
  outcome(app.services.core.limits.open(alice, { id, bytes, session: false }));

/** Bytes up to `end` of an upload come. */
const goOn = (app: TestApp, id: string, end = 0) =>
  outcome((async () => await (await app.services.core.limits.goOn(alice, id)).pass(end))());

const usage = async (app: TestApp) => (await app.services.core.limits.usage(alice))!;

/** At the start of a minute in the middle of a UTC day. */
function toNoon(app: TestApp): void {
  app.clock = Math.floor(app.clock / DAY) * DAY + DAY / 2;
}

Deno.test("of a hundred openings at once exactly as many succeed as the limit allows", async () => {
  await using app = await start();
  const outcomes = await Promise.all(Array.from({ length: 100 }, (_, index) => open(app, `u${index}`)));
  assert.equal(outcomes.filter((one) => one === "ok").length, LIMITS.uploadsAtOnce);
  assert.equal(Object.keys((await usage(app)).slots).length, LIMITS.uploadsAtOnce);
});

Deno.test("a slot is free 60 seconds after the last byte, not one earlier, and taken again when it goes on", async () => {
  await using app = await start();
  for (const id of ["a", "b", "c"]) assert.equal(await open(app, id), "ok");
  app.clock += 30_000;
  assert.equal(await goOn(app, "a"), "ok");
  app.clock += 29_999;
  assert.equal(await open(app, "d"), "uploads-at-once");
  app.clock += 1;
  assert.equal(await open(app, "d"), "ok");
  assert.equal(await open(app, "e"), "ok");
  assert.equal(await goOn(app, "b"), "uploads-at-once");
  assert.equal(await goOn(app, "a"), "ok");
  app.clock += 59_999;
  assert.equal(await goOn(app, "b"), "uploads-at-once");
  app.clock += 1;
  assert.equal(await goOn(app, "b"), "ok");
});

Deno.test("the openings of any minute are counted, whatever became of them", async () => {
  await using app = await start();
  for (let index = 0; index < 5; index++) {
    assert.equal(await open(app, `u${index}`), "ok");
    await app.services.core.limits.giveBack("alice", `u${index}`);
    app.clock += 1000;
  }
  assert.equal(await open(app, "more"), "uploads-per-minute");
  app.clock += MINUTE - 5001;
  assert.equal(await open(app, "more"), "uploads-per-minute");
  app.clock += 1;
  assert.equal(await open(app, "more"), "ok");
});

Deno.test("the refusal says which limit, how much is used, and when there is room", async () => {
  await using app = await start();
  toNoon(app);
  assert.equal(await open(app, "a", 15 * MIB), "ok");
  const refused = await app.services.core.limits.open(alice, { id: "b", bytes: 6 * MIB, session: false })
    .then(() => assert.fail(), (error) => error as Problem);
  assert.deepEqual([refused.status, refused.code], [429, "bytes-per-day"]);
  assert.equal(refused.retryAfter, DAY / 2 / 1000);
  assert.deepEqual(refused.extra, {
    limit: "bytes-per-day",
    max: 20 * MIB,
    used: 15 * MIB,
    wanted: 6 * MIB,
    setting: "limits.bytesPerDay",
    freeAt: new Date(app.clock + DAY / 2).toISOString(),
  });
  assert.equal(await open(app, "c", 21 * MIB), "over-daily-limit");
  assert.equal(await open(app, "d", 5 * MIB), "ok");
});

Deno.test("unknown lengths are reserved in steps of 8 MiB or what is left of the day, and what was too much is given back", async () => {
  await using app = await start();
  toNoon(app);
  const { limits } = app.services.core;
  const reserved = async () => (await usage(app)).bytes / MIB;
  assert.equal(await open(app, "a", null), "ok");
  assert.equal(await reserved(), 8);
  assert.equal(await goOn(app, "a", 8 * MIB), "ok");
  assert.equal(await reserved(), 8);
  assert.equal(await goOn(app, "a", 8 * MIB + 1), "ok");
  assert.equal(await reserved(), 16);
  assert.equal(await open(app, "b", null), "ok");
  assert.equal(await reserved(), 20);
  assert.equal(await goOn(app, "a", 17 * MIB), "bytes-per-day");
  assert.equal(await goOn(app, "a", 21 * MIB), "over-daily-limit");
  assert.equal(await open(app, "c", null), "bytes-per-day");
  await limits.settle("alice", [{ id: "a", keeps: 9 * MIB }, { id: "b", keeps: 0 }]);
  await limits.settle("alice", [{ id: "a", keeps: 0 }]);
  const { bytes, slots } = await usage(app);
  assert.deepEqual([bytes, slots], [9 * MIB, {}]);
});

Deno.test("bytes are given back to the day they were charged to", async () => {
  await using app = await start();
  toNoon(app);
  assert.equal(await open(app, "a", 10 * MIB), "ok");
  app.clock += DAY;
  assert.equal(await open(app, "b", 20 * MIB), "ok");
  await app.services.core.limits.giveBack("alice", "a");
  assert.equal((await usage(app)).bytes, 20 * MIB);
});

Deno.test("administrators are exempt, and 0 switches a limit off", async () => {
  await using app = await startApp({
    pawlJson: { limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: "1 KiB" } },
  });
  const { limits } = app.services.core;
  const root: Caller = { id: ADMIN.sub, role: "admin", name: "root" };
  for (let index = 0; index < 50; index++) {
    await limits.open(root, { id: `r${index}`, bytes: MIB, session: false });
    assert.equal(await open(app, `u${index}`, 1), "ok");
  }
  assert.equal(await limits.usage(root), null);
  assert.equal(await open(app, "large", 1024), "bytes-per-day");
});

type Step =
  | { kind: "open"; id: number; mib: number | null }
  | { kind: "end"; id: number; keeps: boolean }
  | { kind: "touch" | "go on"; id: number }
  | { kind: "wait"; ms: number }
  | { kind: "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("open" as const),
      id: fc.nat(11),
      mib: fc.option(fc.integer({ min: 0, max: 9 })),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("end" as const), id: fc.nat(11), keeps: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("touch" as const, "go on" as const), id: fc.nat(11) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(1, 10_000, 61_000, DAY) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

Deno.test("whatever happens in whatever order, what is counted is what a simple model counts", async () => {
  await using app = await start();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      toNoon(app);
      app.clock += 7 * DAY;
      const running = new Map<string, { mib: number; day: number; lastByteAt: number }>();
      const openings: number[] = [];
      const kept: { day: number; mib: number }[] = [];
      const today = () => Math.floor(app.clock / DAY);
      const bytes = () =>
        [...running.values(), ...kept].filter(({ day }) => day === today()).reduce(
          (sum, { mib }) => sum + mib,
          0,
        );
      const active = () =>
        [...running.values()].filter(({ lastByteAt }) => app.clock < lastByteAt + MINUTE).length;

      for (const [index, one] of steps.entries()) {
        const { limits } = app.services.core;
        if (one.kind === "wait") app.clock += one.ms;
        else if (one.kind === "restart") {
          // What single requests had comes back; nothing else is open here.
          await app.restart();
          await app.services.core.background.settled();
          running.clear();
        } else {
          const id = `u${one.id}`;
          const mine = running.get(id);
          if (one.kind === "open" && !mine) {
            const mib = one.mib ?? Math.min(8, 20 - bytes());
            const expected = bytes() + mib > 20 || one.mib === null && mib === 0
              ? "bytes-per-day"
              : openings.filter((at) => at > app.clock - MINUTE).length >= 5
              ? "uploads-per-minute"
              : active() >= 3
              ? "uploads-at-once"
              : "ok";
            const wanted = one.mib === null ? null : mib * MIB;
            assert.equal(await open(app, id, wanted), expected, `step ${index}`);
            if (expected === "ok") {
              running.set(id, { mib, day: today(), lastByteAt: app.clock });
              openings.push(app.clock);
            }
          } else if (one.kind === "end" && mine) {
            running.delete(id);
            if (one.keeps) {
              kept.push(mine);
              await limits.settle("alice", [{ id, keeps: mine.mib * MIB }]);
            } else await limits.giveBack("alice", id);
          } else if (one.kind === "touch" && mine && app.clock < mine.lastByteAt + MINUTE) {
            assert.equal(await goOn(app, id), "ok");
            mine.lastByteAt = app.clock;
          } else if (one.kind === "go on" && mine) {
            const silent = app.clock >= mine.lastByteAt + MINUTE;
            const expected = silent && active() >= 3 ? "uploads-at-once" : "ok";
            assert.equal(await goOn(app, id), expected, `step ${index}`);
            if (expected === "ok") mine.lastByteAt = app.clock;
          }
        }
        assert.equal((await usage(app)).bytes, bytes() * MIB, `bytes after step ${index}`);
        assert.equal(Object.keys((await usage(app)).slots).length, active(), `slots after step ${index}`);
      }
      for (const id of running.keys()) await app.services.core.limits.giveBack("alice", id);
    }),
    { numRuns: 60 },
  );
});

Deno.test("what single requests of an earlier run had is given back at the start; sessions keep theirs", async () => {
  await using app = await start();
  assert.equal(await open(app, "single", 5 * MIB), "ok");
  const { body: session } = await app.json("POST", "/api/v1/uploads", {
    body: { fileName: "a.bin", size: MIB },
  });
  await app.restart();
  await app.services.core.background.settled();
  const share = await app.services.core.records.get(keys.limitsShare("alice", session.id));
  assert.notEqual(share.value, null);
  const { bytes, slots } = await usage(app);
  assert.deepEqual([bytes, Object.keys(slots)], [MIB, [session.id]]);
});
