/** Where the charts of the administrators' page draw what. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { JobRun, StorageReport } from "../../static/admin/api.ts";
import { barsOf } from "../../static/admin/charts/bars.ts";
import { diskParts, isNearlyFull } from "../../static/admin/charts/disk_parts.ts";
import { dayPlaces, labelledDays, lineOf, nearest, sizeTicks } from "../../static/admin/charts/lines.ts";
import { measureOf, runTone, withCurrent } from "../../static/admin/jobs/run_measure.ts";
import { sightOf } from "../../static/admin/uploads/sight.ts";

Deno.test("bars stand at the right, within the picture, and nothing is a mark that can be seen", () => {
  const layout = { width: 100, height: 40, slots: 10, gap: 2, least: 2 };
  const bars = barsOf([0, 1, 100], layout);
  assert.equal(bars.length, 3);
  assert.deepEqual([bars[0]!.height, bars[2]!.height], [2, 40]);
  assert.ok(bars[1]!.height >= 4, "a little is more than nothing");
  assert.ok(Math.abs(bars[2]!.x + bars[2]!.width - 100) < 1e-9);
  assert.deepEqual(barsOf([], layout), []);
  fc.assert(fc.property(fc.array(fc.nat(), { maxLength: 30 }), (values) => {
    const all = barsOf(values, layout);
    assert.equal(all.length, Math.min(10, values.length));
    for (const [index, { x, y, width, height }] of all.entries()) {
      assert.ok(x >= -1e-9 && x + width <= 100 + 1e-9 && y >= -1e-9 && y + height <= 40 + 1e-9);
      if (index > 0) assert.ok(x >= all[index - 1]!.x + all[index - 1]!.width);
    }
  }));
});

const run = (values: Partial<JobRun>): JobRun => ({
  job: "orphans",
  startedAt: "2026-11-22T05:00:00.000Z",
  endedAt: "2026-11-22T05:00:01.000Z",
  durationMs: 1000,
  state: "done",
  lookedAt: 0,
  removed: 0,
  bytesFreed: 0,
  bytesRead: 0,
  damaged: 0,
  errors: 0,
  messages: [],
  by: null,
  ...values,
});

Deno.test("the chart of a job shows what its runs do", () => {
  assert.equal(measureOf([run({}), run({ removed: 1, lookedAt: 9 })]), "removed");
  assert.equal(measureOf([run({ bytesRead: 5, lookedAt: 3 })]), "bytesRead");
  assert.equal(measureOf([run({ lookedAt: 3 })]), "lookedAt");
  assert.equal(measureOf([run({})]), "durationMs");
  assert.equal(measureOf([]), "durationMs");
});

Deno.test("the run that is under way is the latest, and there once", () => {
  const before = run({});
  const now = run({ startedAt: "2026-11-22T06:00:00.000Z", state: "running", removed: 3 });
  assert.deepEqual(withCurrent([{ ...now, removed: 0 }, before], now), [now, before]);
  assert.deepEqual(withCurrent([before], now), [now, before]);
  assert.deepEqual(withCurrent([before], null), [before]);
});

Deno.test("a run that did not go well is seen by its colour", () => {
  assert.deepEqual(
    [
      run({}),
      run({ state: "partial" }),
      run({ state: "interrupted" }),
      run({ state: "failed" }),
      run({ damaged: 1 }),
      run({ errors: 2 }),
      run({ state: "running", errors: 1 }),
    ].map(runTone),
    ["good", "warn", "warn", "bad", "bad", "bad", "running"],
  );
});

Deno.test("sizes at the edge are round, begin at nothing, and are no more than asked for", () => {
  const GIB = 2 ** 30;
  assert.deepEqual(sizeTicks(3.4 * GIB, 4).map(({ value }) => value / GIB), [0, 1, 2, 3]);
  assert.deepEqual(sizeTicks(800 * GIB, 5).map(({ value }) => value / GIB), [0, 200, 400, 600, 800]);
  fc.assert(fc.property(fc.maxSafeNat(), fc.integer({ min: 3, max: 8 }), (max, most) => {
    const ticks = sizeTicks(max, most);
    assert.deepEqual(ticks[0], { at: 1, value: 0 });
    assert.ok(ticks.length >= 2 && ticks.length <= most + 1, `${ticks.length}`);
    // One figure and zeros, of a unit.
    const step = ticks[1]!.value;
    assert.match(String(step / 1024 ** Math.floor(Math.log2(step) / 10)), /^[125]0*$/);
    for (const [index, { at, value }] of ticks.entries()) {
      assert.ok(at >= 0 && at <= 1 && value <= Math.max(1, max) && value === index * step);
    }
  }));
});

Deno.test("days stand where their dates are, also when some were not counted", () => {
  assert.deepEqual(dayPlaces(["2026-02-27", "2026-02-28", "2026-03-03"]), [0, 0.25, 1]);
  assert.deepEqual(dayPlaces(["2026-02-27"]), [1]);
  assert.deepEqual(dayPlaces([]), []);
  const places = [0, 0.1, 0.2, 0.7, 1];
  assert.deepEqual(labelledDays(places, 3), [0, 3, 4]);
  assert.deepEqual(labelledDays(places, 9), [0, 1, 2, 3, 4]);
  assert.deepEqual([labelledDays([1], 4), labelledDays([], 4)], [[0], []]);
  assert.deepEqual([nearest(places, 0.16), nearest(places, -5), nearest(places, 9), nearest([], 0)], [
    2,
    0,
    4,
    -1,
  ]);
});

Deno.test("a line goes through its values, and its ground reaches the bottom", () => {
  const layout = { places: [0, 0.5, 1], max: 100, width: 1000, height: 300 };
  assert.deepEqual(lineOf([0, 50, 100], layout), {
    line: "M0 300L500 150L1000 0",
    area: "M0 300L500 150L1000 0L1000 300L0 300Z",
  });
  assert.deepEqual(lineOf([], { ...layout, places: [] }), { line: "", area: "" });
});

const report = (values: Partial<StorageReport>): StorageReport => ({
  asOf: null,
  complete: true,
  files: 0,
  fileBytes: 0,
  deletedFiles: 0,
  deletedBytes: 0,
  binnedFiles: 0,
  binnedBytes: 0,
  blobs: 0,
  storedBytes: 0,
  savedBytes: 0,
  variants: 0,
  variantBytes: 0,
  condemnedBytes: 0,
  damagedBlobs: 0,
  uploads: 0,
  uploadBytes: 0,
  disk: { totalBytes: 1000, freeBytes: 400, reserveBytes: 10 },
  growth: [],
  ...values,
});

Deno.test("what takes the disk's room is all of it, ours and not ours", () => {
  const parts = diskParts(
    report({ storedBytes: 100, variantBytes: 20, uploadBytes: 30, condemnedBytes: 5 }),
  )!;
  assert.deepEqual(parts, { stored: 100, variants: 20, uploads: 30, condemned: 5, other: 445, free: 400 });
  assert.equal(Object.values(parts).reduce((sum, part) => sum + part), 1000);
  assert.equal(diskParts(report({ storedBytes: 2000 }))!.other, 0);
  assert.equal(diskParts(report({ disk: null })), null);
});

Deno.test("a disk is nearly full when uploads have less than a twentieth of it left", () => {
  const disk = (freeBytes: number) => report({ disk: { totalBytes: 1000, freeBytes, reserveBytes: 10 } });
  assert.deepEqual([disk(60), disk(59), report({ disk: null })].map(isNearlyFull), [false, true, false]);
});

Deno.test("how fast an upload is comes of two looks, smoothed, and only while bytes come", () => {
  const look = (receivedBytes: number, active = true) => ({ receivedBytes, active });
  const first = sightOf(look(0), 1000, undefined);
  assert.equal(first.speed, null);
  const second = sightOf(look(4000), 3000, first);
  assert.equal(second.speed, 2000);
  const third = sightOf(look(4000), 5000, second);
  assert.equal(third.speed, 1000);
  assert.equal(sightOf(look(5000, false), 7000, third).speed, null);
  assert.equal(sightOf(look(0), 7000, third).speed, 500, "it never goes backwards");
});
