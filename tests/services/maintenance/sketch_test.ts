import assert from "node:assert/strict";
import { newSketch } from "../../../services/maintenance/sketch.ts";

const ids = Array.from(
  { length: 20_000 },
  (_, n) => `20260101-0123456789abcdef${n.toString(16).padStart(16, "0")}`,
);

Deno.test("one wrong count among many right ones always shows, whatever the seed", () => {
  for (const seed of [0, 1, -1, 0x1234567, 2 ** 31 - 1]) {
    const sketch = newSketch(seed);
    ids.forEach((id, n) => sketch.add(id, n % 5));
    ids.forEach((id, n) => {
      for (let times = 0; times < n % 5; times++) sketch.add(id, -1);
    });
    assert.ok(ids.every((id) => !sketch.isSuspect(id)));
    for (const times of [1, -1, 2, 1 << 20, -65_536]) {
      sketch.add(ids[77]!, times);
      assert.ok(sketch.isSuspect(ids[77]!));
      assert.ok(ids.filter((id) => sketch.isSuspect(id)).length < 10);
      sketch.add(ids[77]!, -times);
    }
  }
});

Deno.test("many wrong counts do not hide each other", () => {
  const sketch = newSketch(5);
  for (const id of ids) sketch.add(id, 1);
  assert.ok(ids.every((id) => sketch.isSuspect(id)));
});
