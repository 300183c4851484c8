import assert from "node:assert/strict";
import { newInTurn } from "../../services/in_turn.ts";

Deno.test("what has the same key runs one after the other, in order, also behind failures", async () => {
  const inTurn = newInTurn();
  const log: string[] = [];
  let running = 0;
  const work = (name: string) => async () => {
    assert.equal(++running, 1, "nobody else is running");
    log.push(name);
    await Promise.resolve();
    await Promise.resolve();
    running--;
    if (name === "b") throw new Error(name);
    return name;
  };
  const results = await Promise.allSettled(["a", "b", "c", "d"].map((name) => inTurn("key", work(name))));
  assert.deepEqual(log, ["a", "b", "c", "d"]);
  assert.deepEqual(results.map((result) => result.status === "fulfilled" ? result.value : "failed"), [
    "a",
    "failed",
    "c",
    "d",
  ]);
});

Deno.test("different keys do not wait for each other", async () => {
  const inTurn = newInTurn();
  const first = Promise.withResolvers<string>();
  const held = inTurn("one", () => first.promise);
  assert.equal(await inTurn("other", () => Promise.resolve("there")), "there");
  first.resolve("here");
  assert.equal(await held, "here");
});
