import assert from "node:assert/strict";
import fc from "fast-check";
import { createFormat } from "../../static/i18n/format.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const english = createFormat("en-US", () => NOW);
const chinese = createFormat("zh-CN", () => NOW);

Deno.test("sizes have at most three digits and a unit", () => {
  const cases: [number, string][] = [
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1,023 bytes"],
    [1024, "1 KB"],
    [1536, "1.5 KB"],
    [1003 * 1024, "0.98 MB"],
    [1_048_575, "1 MB"],
    [1_098_961_871_962_112, "0.98 PB"],
    [5 * 2 ** 20, "5 MB"],
    [12_345_678, "11.8 MB"],
    [64 * 2 ** 30, "64 GB"],
    [2 ** 53 - 1, "8 PB"],
  ];
  for (const [count, text] of cases) assert.equal(english.bytes(count), text);
  fc.assert(fc.property(fc.integer({ min: 1024, max: Number.MAX_SAFE_INTEGER }), (count) => {
    assert.match(english.bytes(count), /^\d{1,3}(?:\.\d{1,2})? [KMGTP]B$/);
  }));
});

Deno.test("a hundred percent is only said when it is all", () => {
  assert.deepEqual([0, 0.004, 0.5, 0.9999, 1].map(english.percent), ["0%", "0%", "50%", "99%", "100%"]);
});

Deno.test("the time left is told in the two largest units at most, and is never nothing", () => {
  const cases: [number, string][] = [
    [0, "1 sec"],
    [59, "59 sec"],
    [125, "2 min"],
    [3600, "1 hr"],
    [3900, "1 hr 5 min"],
    [200_000, "55 hr"],
  ];
  for (const [seconds, text] of cases) assert.equal(english.duration(seconds), text);
});

Deno.test("times are told as near as they are", () => {
  const ago = (ms: number) => new Date(NOW - ms).toISOString();
  assert.equal(english.moment(ago(1000)), "now");
  assert.match(english.moment(ago(26 * 3_600_000)), /^yesterday, /);
  assert.match(english.moment(ago(20 * 86_400_000)), /^Nov 2$/);
  assert.match(english.moment(ago(400 * 86_400_000)), /2025/);
  assert.match(chinese.moment(ago(26 * 3_600_000)), /\u6628\u5929/);
  assert.match(english.clock(NOW + 3 * 86_400_000), /^Nov 25, /);
});
