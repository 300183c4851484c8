import assert from "node:assert/strict";
import fc from "fast-check";
import { Problem } from "../../../services/problem.ts";
import { type Claim, newClaims } from "../../../services/uploads/claims.ts";

const TAKEOVER = 5000;

/** Claims with a clock of their own. */
function fixture() {
  const claims = newClaims();
  const clock = { time: 1_000_000 };
  const take = (start: number, end: number) =>
    claims.take({ start, end }, { now: () => clock.time, takeoverMs: TAKEOVER });
  return { claims, clock, take };
}

async function refusal(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(() => null, (error) => error);
  assert.ok(error instanceof Problem, String(error));
  return error;
}

const reasonOf = (claim: Claim) => (claim.signal.reason as Problem | undefined)?.code;

Deno.test("a range that nobody holds is held at once, and free again when it is released", async () => {
  const { claims, take } = fixture();
  const claim = await take(0, 10);
  assert.deepEqual([claim.start, claim.end, claim.signal.aborted, claims.size], [0, 10, false, 1]);
  claim.release();
  assert.equal(claims.size, 0);
  await take(0, 10);
});

Deno.test("ranges that only touch are no rivals, ranges that share a byte are", async () => {
  const { take } = fixture();
  await take(10, 20);
  await take(0, 10);
  await take(20, 30);
  for (const [start, end] of [[9, 10], [0, 100], [19, 20], [12, 13]] as const) {
    assert.equal((await refusal(take(start, end))).code, "chunk-busy", `${start}`);
  }
});

Deno.test("a holder that works is never silent, however long it takes", async () => {
  const { clock, take } = fixture();
  const claim = await take(0, 10);
  claim.waitingSince = null;
  clock.time += 100 * TAKEOVER;
  const busy = await refusal(take(0, 10));
  assert.deepEqual([busy.code, busy.retryAfter], ["chunk-busy", 5]);
  assert.equal(claim.signal.aborted, false);
});

Deno.test("a busy range says after how many seconds the longest holder may be silent enough", async () => {
  const { clock, take } = fixture();
  await take(0, 10);
  clock.time += 2000;
  await take(10, 20);
  assert.equal((await refusal(take(0, 10))).retryAfter, 3);
  assert.equal((await refusal(take(5, 15))).retryAfter, 5);
  clock.time += TAKEOVER - 2001;
  assert.equal((await refusal(take(0, 10))).retryAfter, 1);
});

Deno.test("a silent holder is told to stop, and the newer one waits until its last write has settled", async () => {
  const { claims, clock, take } = fixture();
  const old = await take(0, 10);
  clock.time += TAKEOVER;
  let taken = false;
  const taking = take(5, 15).then((claim) => {
    taken = true;
    return claim;
  });
  assert.equal(reasonOf(old), "superseded");
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assert.equal(taken, false);
  old.release();
  const claim = await taking;
  assert.deepEqual([claim.start, claim.end, claims.size], [5, 15, 1]);
});

Deno.test("one live holder among silent ones keeps all of them in place", async () => {
  const { clock, take } = fixture();
  const silent = await take(0, 10);
  clock.time += TAKEOVER;
  const live = await take(10, 20);
  assert.equal((await refusal(take(0, 20))).code, "chunk-busy");
  assert.deepEqual([silent.signal.aborted, live.signal.aborted], [false, false]);
});

Deno.test("of two that take over at once one gets the range, the other is told that it is busy", async () => {
  const { clock, take } = fixture();
  const old = await take(0, 10);
  clock.time += TAKEOVER;
  const rivals = [take(0, 10), take(0, 10)];
  old.release();
  const results = await Promise.allSettled(rivals);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  const rejected = results.find((result) => result.status === "rejected")!;
  assert.equal((rejected.reason as Problem).code, "chunk-busy");
});

Deno.test("of those who always take over the newest gets the range, also from one that still waits for it", async () => {
  const { claims } = fixture();
  const append = () => claims.take({ start: 0, end: 10 }, { now: () => 0, takeoverMs: 0 });
  const first = await append();
  const second = refusal(append());
  const third = append();
  assert.equal(reasonOf(first), "superseded");
  first.release();
  assert.equal((await second).code, "superseded");
  assert.deepEqual([(await third).signal.aborted, claims.size], [false, 1]);
});

Deno.test("all holders are told the reason of an end, and it waits until each has let go", async () => {
  const { claims, take } = fixture();
  const held = [await take(0, 10), await take(10, 20)];
  held[0]!.waitingSince = null;
  let cleared = false;
  const clearing = claims.clear(new Problem("upload-cancelled", "gone")).then(() => cleared = true);
  assert.deepEqual(held.map(reasonOf), ["upload-cancelled", "upload-cancelled"]);
  held[0]!.release();
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assert.equal(cleared, false);
  held[1]!.release();
  await clearing;
  assert.equal(claims.size, 0);
});

Deno.test("a release counts once, and never frees the range of the next holder", async () => {
  const { claims, take } = fixture();
  const first = await take(0, 10);
  first.release();
  await take(0, 10);
  first.release();
  assert.equal(claims.size, 1);
  assert.equal((await refusal(take(0, 10))).code, "chunk-busy");
});

Deno.test("no byte ever has two holders, whoever comes, goes and falls silent", async () => {
  const step = fc.record({
    start: fc.nat(20),
    size: fc.integer({ min: 1, max: 10 }),
    passes: fc.constantFrom(0, 1000, TAKEOVER),
    working: fc.boolean(),
    releases: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { clock, take } = fixture();
      const holders = new Set<Claim>();
      const taking = steps.map(async ({ start, size, passes, working, releases }, index) => {
        for (let turn = 0; turn < index; turn++) await Promise.resolve();
        clock.time += passes;
        let claim: Claim;
        try {
          claim = await take(start, start + size);
        } catch (error) {
          // One that still waited for the range may lose it to a later one.
          assert.match((error as Problem).code, /^(chunk-busy|superseded)$/);
          return;
        }
        for (const other of holders) {
          assert.ok(other.end <= claim.start || claim.end <= other.start, "two holders of one byte");
        }
        holders.add(claim);
        if (working) claim.waitingSince = null;
        const leave = () => {
          holders.delete(claim);
          claim.release();
        };
        // It may have lost the range before it heard that it had it.
        if (releases || claim.signal.aborted) leave();
        else claim.signal.addEventListener("abort", leave);
      });
      await Promise.all(taking);
    }),
    { numRuns: 100 },
  );
});
