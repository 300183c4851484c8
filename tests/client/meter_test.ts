import assert from "node:assert/strict";
import { newMeter } from "../../client/meter.ts";

Deno.test("speed is that of the last seconds, and falls when nothing comes", () => {
  const meter = newMeter();
  assert.equal(meter.speed(0), 0);
  for (let at = 0; at <= 4000; at += 200) meter.add(at, at); // 1 byte a ms
  assert.equal(meter.speed(4000), 1000);
  for (let at = 4200; at <= 20_000; at += 200) meter.add(4000 + 3 * (at - 4000), at);
  assert.ok(Math.abs(meter.speed(20_000) - 3000) < 100, String(meter.speed(20_000)));
  const after = [20_000, 22_000, 26_000, 40_000].map((at) => meter.speed(at));
  assert.deepEqual(after, after.toSorted((a, b) => b - a));
  assert.ok(after.at(-1)! < after[0]! / 2);
});

Deno.test("bytes that have to be sent again do not make the speed negative", () => {
  const meter = newMeter();
  meter.add(0, 0);
  meter.add(1000, 1000);
  meter.add(200, 1500);
  assert.ok(meter.speed(1500) >= 0);
  meter.add(0, 1600);
  meter.add(0, 3000);
  assert.equal(meter.speed(3000), 0);
});

Deno.test("a pause does not count as slowness", () => {
  const meter = newMeter();
  meter.add(0, 0);
  meter.add(1000, 1000);
  meter.reset();
  meter.add(1000, 60_000);
  meter.add(2000, 61_000);
  assert.equal(meter.speed(61_000), 1000);
});
