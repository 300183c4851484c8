import assert from "node:assert/strict";
import fc from "fast-check";
import { newChunkSizes } from "../../client/adaptive.ts";
import { KIB, MIB, runTrial } from "./adaptive_grid.ts";

const BOUNDS = { min: 256 * KIB, max: 10 * MIB };

Deno.test("the next chunk is what a connection carries in two seconds", () => {
  const sizes = newChunkSizes(BOUNDS);
  assert.equal(sizes.next(), 512 * KIB);
  for (let i = 0; i < 10; i++) sizes.arrived({ bytes: sizes.next(), ms: sizes.next() / 1000 }); // 1 MB/s
  assert.ok(Math.abs(sizes.next() - 2e6) < 100e3, String(sizes.next()));
  assert.ok(Math.abs(sizes.bytesPerSecond! - 1e6) < 1000);
});

Deno.test("a faster line is believed sooner than a slower one, and neither at once", () => {
  const at = (bytesPerSecond: number) => ({ bytes: MIB, ms: MIB / bytesPerSecond * 1000 });
  const faster = newChunkSizes(BOUNDS);
  faster.arrived(at(1e6));
  faster.arrived(at(2e6));
  assert.ok(faster.bytesPerSecond! > 1.5e6 && faster.bytesPerSecond! < 2e6);
  const slower = newChunkSizes(BOUNDS);
  slower.arrived(at(2e6));
  slower.arrived(at(1e6));
  assert.ok(slower.bytesPerSecond! > 1.5e6 && slower.bytesPerSecond! < 2e6);
});

Deno.test("a long way makes chunks larger, so that the time between them counts less", () => {
  const near = newChunkSizes(BOUNDS);
  const far = newChunkSizes(BOUNDS);
  far.answered(400);
  for (const sizes of [near, far]) {
    for (let i = 0; i < 5; i++) sizes.arrived({ bytes: MIB, ms: 1000 });
  }
  assert.ok(far.next() >= 2 * near.next());
});

Deno.test("breaks make chunks smaller, arrivals larger again", () => {
  const sizes = newChunkSizes(BOUNDS);
  for (let i = 0; i < 5; i++) sizes.arrived({ bytes: 4 * MIB, ms: 2000 });
  const usual = sizes.next();
  sizes.broke();
  sizes.broke();
  assert.ok(sizes.next() <= usual / 4 + 64 * KIB);
  for (let i = 0; i < 4; i++) sizes.arrived({ bytes: MIB, ms: 500 });
  assert.equal(sizes.next(), usual);
});

Deno.test("what is too large for something on the way is halved, down to the minimum", () => {
  const sizes = newChunkSizes(BOUNDS, 4 * MIB);
  assert.equal(sizes.tooLarge(4 * MIB), true);
  assert.equal(sizes.next(), 2 * MIB);
  assert.equal(sizes.tooLarge(2 * MIB), true);
  // Those that were on their way already say nothing new.
  assert.equal(sizes.tooLarge(4 * MIB), true);
  assert.equal(sizes.next(), MIB);
  assert.equal(sizes.tooLarge(MIB), true);
  assert.equal(sizes.tooLarge(512 * KIB), true);
  assert.equal(sizes.next(), 256 * KIB);
  assert.equal(sizes.tooLarge(256 * KIB), false);
});

Deno.test("near the end chunks get smaller, so that all connections end together", () => {
  const sizes = newChunkSizes(BOUNDS);
  for (let i = 0; i < 5; i++) sizes.arrived({ bytes: 10 * MIB, ms: 500 });
  assert.equal(sizes.next(100 * MIB, 4), 10 * MIB);
  assert.equal(sizes.next(8 * MIB, 4), 2 * MIB);
  // The others get as much.
  assert.equal(sizes.next(6 * MIB, 4), 2 * MIB);
  assert.equal(sizes.next(2 * MIB, 4), 2 * MIB);
  // What has to be sent again is shared anew.
  assert.equal(sizes.next(12 * MIB, 4), 3 * MIB);
  assert.equal(newChunkSizes(BOUNDS).next(100, 4), 256 * KIB);
});

Deno.test("whatever happens, sizes stay within the bounds", () => {
  const event = fc.oneof(
    fc.record({
      kind: fc.constant("arrived"),
      bytes: fc.integer({ min: 1, max: 1e8 }),
      ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant("answered"),
      bytes: fc.constant(0),
      ms: fc.double({ min: 0, max: 1e5, noNaN: true }),
    }),
    fc.record({
      kind: fc.constantFrom("broke", "tooLarge"),
      bytes: fc.integer({ min: 1, max: 1e8 }),
      ms: fc.constant(0),
    }),
  );
  fc.assert(fc.property(fc.array(event, { maxLength: 50 }), (events) => {
    const sizes = newChunkSizes(BOUNDS);
    for (const { kind, bytes, ms } of events) {
      if (kind === "arrived") sizes.arrived({ bytes, ms });
      else if (kind === "answered") sizes.answered(ms);
      else if (kind === "broke") sizes.broke();
      else sizes.tooLarge(bytes);
      const next = sizes.next();
      assert.ok(Number.isInteger(next) && next >= BOUNDS.min && next <= BOUNDS.max, String(next));
    }
  }));
});

Deno.test("on a simulated line most chunks take about two seconds", async () => {
  const { sizes } = await runTrial({ bitsPerSecond: 50e6, rttMs: 50, broken: 0, size: 500e6, seed: 1 });
  const perConnection = 50e6 / 8 / 4;
  const seconds = sizes.slice(20, -20).map((bytes) => bytes / perConnection);
  assert.ok(seconds.length > 50);
  assert.ok(seconds.every((each) => each > 1.5 && each < 3), String(seconds.map((each) => each.toFixed(2))));
});
