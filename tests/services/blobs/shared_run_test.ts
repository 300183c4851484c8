import assert from "node:assert/strict";
import { sharedRun } from "../../../services/blobs/shared_run.ts";

/** A run whose every start is ended by hand. */
function byHand() {
  const runs: PromiseWithResolvers<void>[] = [];
  return {
    runs,
    run: sharedRun(() => {
      const ticket = Promise.withResolvers<void>();
      runs.push(ticket);
      return ticket.promise;
    }),
    /** Lets everything that is due happen. */
    settle: () => new Promise((resolve) => setTimeout(resolve, 0)),
  };
}

Deno.test("callers during a run share the next one, never the one that began before them", async () => {
  const { runs, run, settle } = byHand();
  const first = run();
  const done: string[] = [];
  const later = ["a", "b", "c"].map((name) => run().then(() => void done.push(name)));
  assert.equal(runs.length, 1);
  runs[0]!.resolve();
  await first;
  await settle();
  assert.deepEqual([runs.length, done], [2, []]);
  runs[1]!.resolve();
  await Promise.all(later);
  assert.equal(runs.length, 2);
  const last = run();
  assert.equal(runs.length, 3);
  runs[2]!.resolve();
  await last;
});

Deno.test("a failed run fails those who wait for it, and only them", async () => {
  const { runs, run, settle } = byHand();
  const failing = assert.rejects(run(), /broken/);
  const next = run();
  runs[0]!.reject(new Error("broken"));
  await failing;
  await settle();
  runs[1]!.resolve();
  await next;
});

Deno.test("every caller sees a run that began after the call, however they come", async () => {
  let begun = 0;
  const run = sharedRun(async () => {
    begun++;
    for (let turn = 0; turn < begun % 3; turn++) await Promise.resolve();
  });
  await Promise.all(Array.from({ length: 300 }, async (_, caller) => {
    for (let turn = 0; turn < caller % 50; turn++) await Promise.resolve();
    const before = begun;
    await run();
    assert.ok(begun > before, `caller ${caller}`);
  }));
  assert.ok(begun < 300, "runs are shared");
});
