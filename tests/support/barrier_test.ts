import assert from "node:assert/strict";
import { barrier } from "./barrier.ts";

Deno.test("a barrier lets nobody through before all have come, round after round", async () => {
  const ready = barrier(3);
  for (let round = 0; round < 3; round++) {
    const events: string[] = [];
    await Promise.all([1, 2, 3].map(async (rival) => {
      for (let turn = 0; turn < rival; turn++) await Promise.resolve();
      events.push("came");
      await ready();
      events.push("left");
    }));
    assert.deepEqual(events, ["came", "came", "came", "left", "left", "left"]);
  }
});
