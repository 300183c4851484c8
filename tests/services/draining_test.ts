import assert from "node:assert/strict";
import { createGate } from "../../services/draining.ts";
import { Problem } from "../../services/problem.ts";

Deno.test("an open gate counts who is inside, and leaving twice counts once", () => {
  const gate = createGate();
  const [first, second] = [gate.enter(), gate.enter()];
  assert.equal(gate.running, 2);
  first();
  first();
  assert.equal(gate.running, 1);
  second();
  assert.deepEqual([gate.running, gate.stopping, gate.signal.aborted], [0, false, false]);
});

Deno.test("stopping with nobody inside ends at once, and newcomers are refused", async () => {
  const gate = createGate({ retryAfter: 9 });
  assert.equal(await gate.stop(60_000), 0);
  assert.equal(gate.signal.aborted, false);
  assert.throws(() => gate.enter(), (error) => {
    assert.ok(error instanceof Problem);
    assert.deepEqual([error.code, error.status, error.retryAfter], ["stopping", 503, 9]);
    assert.equal(error.headers.Connection, "close");
    return true;
  });
});

Deno.test("stopping waits for the last one inside and disturbs nobody before", async () => {
  const gate = createGate();
  const [first, second] = [gate.enter(), gate.enter()];
  const events: string[] = [];
  const stopped = gate.stop(60_000).then((left) => events.push(`stopped, ${left} left`));
  assert.equal(gate.stopping, true);
  assert.throws(() => gate.enter(), Problem);
  first();
  await Promise.resolve();
  events.push("one left");
  second();
  await stopped;
  assert.deepEqual(events, ["one left", "stopped, 0 left"]);
  assert.equal(gate.signal.aborted, false);
});

Deno.test("after the grace time those inside are told to end, and get time to settle", async () => {
  const gate = createGate({ settleMs: 60_000 });
  const leave = gate.enter();
  gate.signal.addEventListener("abort", () => queueMicrotask(leave));
  assert.equal(await gate.stop(1), 0);
  assert.equal((gate.signal.reason as Problem).code, "stopping");
});

Deno.test("whoever does not end even then is counted and left", async () => {
  const gate = createGate({ settleMs: 1 });
  gate.enter();
  gate.enter()();
  assert.equal(await gate.stop(1), 1);
  assert.equal(gate.signal.aborted, true);
});

Deno.test("a second stop joins the first", async () => {
  const gate = createGate();
  const leave = gate.enter();
  const both = [gate.stop(60_000), gate.stop(0)];
  leave();
  assert.deepEqual(await Promise.all(both), [0, 0]);
  assert.equal(gate.signal.aborted, false);
});
