import assert from "node:assert/strict";
import { Interrupted } from "../../client/cli/failure.ts";
import { interruption } from "../../client/cli/interruption.ts";

function world() {
  const listeners: Record<string, () => void> = {};
  const left: string[] = [];
  const clock = { ms: 0 };
  const signal = interruption({
    on: (name, listener) => void (listeners[name] = listener),
    leave: (reason) => void left.push(reason),
    now: () => clock.ms,
  });
  return { press: (name = "SIGINT") => listeners[name]!(), left, clock, signal };
}

Deno.test("the first Ctrl-C stops in order; what deno task passes on is the same one; a second ends at once", () => {
  const { press, left, clock, signal } = world();
  assert.equal(signal.aborted, false);
  press();
  assert.ok(signal.reason instanceof Interrupted);
  assert.equal(signal.reason.reason, "interrupted");
  clock.ms = 900;
  press();
  assert.deepEqual(left, []);
  clock.ms = 1100;
  press();
  assert.deepEqual(left, ["interrupted"]);
});

Deno.test("SIGTERM stops in the same way, with its own exit code", () => {
  const { press, left, signal } = world();
  press("SIGTERM");
  assert.equal(signal.reason.reason, "terminated");
  assert.deepEqual(left, []);
});
