import assert from "node:assert/strict";
import { startChild } from "./child.ts";

const cwd = new URL(".", import.meta.url).pathname;

function start(script: string, { ready = /ready/, deadlineMs = 30_000, env = {} } = {}) {
  return startChild(["/bin/sh", "-c", script], { cwd, env, ready, deadlineMs });
}

Deno.test("a child is waited for until it is ready, and is gone when disposed", async () => {
  let ended: Promise<Deno.CommandStatus>;
  {
    await using child = await start("echo ready port=12; exec cat /dev/zero >/dev/null", {
      ready: /port=(\d+)\n/,
    });
    assert.equal(child.ready[1], "12");
    ended = child.ended;
  }
  assert.equal((await ended).signal, "SIGKILL");
});

Deno.test("a child's output is kept from both streams, and can be waited for", async () => {
  await using child = await start("echo ready; echo later >&2; exec cat /dev/zero >/dev/null");
  assert.equal((await child.prints(/la(t)er/))[1], "t");
  assert.equal(child.output(), "ready\nlater\n");
});

Deno.test("a child is stopped by a signal that it can answer, and may be stopped twice", async () => {
  await using child = await start("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  assert.equal((await child.stop("SIGTERM")).code, 3);
  assert.equal((await child.stop("SIGTERM")).code, 3);
  assert.match(child.output(), /bye\n$/);
  await assert.rejects(child.prints(/never/), /ended without printing/);
});

Deno.test("a child that ends or stays silent instead of becoming ready is reported with its output", async () => {
  await assert.rejects(start("echo broken >&2; exit 1"), /broken/);
  await assert.rejects(
    start("echo silent; exec cat /dev/zero >/dev/null", { deadlineMs: 50 }),
    /ended without printing/,
  );
});

Deno.test("a child has the given environment only", async () => {
  await using child = await start('echo "[$HOME][$GIVEN]" ready', { env: { GIVEN: "1" } });
  assert.match(child.output(), /^\[\]\[1\] ready/);
});
