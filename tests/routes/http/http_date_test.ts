import assert from "node:assert/strict";
import fc from "fast-check";
import { formatHttpDate, parseHttpDate } from "../../../routes/http/http_date.ts";

const now = Date.UTC(2026, 10, 22);
const example = Date.UTC(1994, 10, 6, 8, 49, 37);

Deno.test("formatHttpDate writes an IMF-fixdate and cuts milliseconds off", () => {
  assert.equal(formatHttpDate(example + 999), "Sun, 06 Nov 1994 08:49:37 GMT");
  assert.equal(formatHttpDate(Date.UTC(2024, 1, 29)), "Thu, 29 Feb 2024 00:00:00 GMT");
  for (const bad of [NaN, Infinity, Date.UTC(10000, 0)]) assert.throws(() => formatHttpDate(bad), RangeError);
});

Deno.test("parseHttpDate reads the three forms of RFC 9110", () => {
  assert.equal(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", { now }), example);
  assert.equal(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", { now }), example);
  assert.equal(parseHttpDate("Sun Nov  6 08:49:37 1994", { now }), example);
  assert.equal(parseHttpDate("Sun Nov 16 08:49:37 1994", { now }), Date.UTC(1994, 10, 16, 8, 49, 37));
});

Deno.test("parseHttpDate places two-digit years at most 50 years ahead", () => {
  const year = (two: string) =>
    new Date(parseHttpDate(`Sunday, 06-Nov-${two} 08:49:37 GMT`, { now })!).getUTCFullYear();
  assert.deepEqual(["26", "75", "76", "77", "99", "00"].map(year), [2026, 2075, 2076, 1977, 1999, 2000]);
  // 1 December 2076 is more than 50 years after 22 November 2026, 6 November is not.
  assert.equal(parseHttpDate("Tuesday, 01-Dec-76 00:00:00 GMT", { now }), Date.UTC(1976, 11, 1));
  const leap = parseHttpDate("Thursday, 29-Feb-96 00:00:00 GMT", { now });
  assert.equal(leap, Date.UTC(1996, 1, 29));
  assert.equal(
    parseHttpDate("Monday, 01-Jan-01 00:00:00 GMT", { now: Date.UTC(2099, 0) }),
    Date.UTC(2101, 0),
  );
});

Deno.test("parseHttpDate counts a leap second as the next minute's first", () => {
  assert.equal(parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", { now }), Date.UTC(2017, 0, 1));
});

const MALFORMED = [
  "",
  "0",
  "784111777",
  "1994-11-06T08:49:37Z",
  "Sun, 6 Nov 1994 08:49:37 GMT",
  "Sun, 06 Nov 1994 08:49:37",
  "Sun, 06 Nov 1994 08:49:37 UTC",
  "Sun, 06 Nov 1994 08:49:37 +0000",
  "sun, 06 nov 1994 08:49:37 gmt",
  "Son, 06 Nov 1994 08:49:37 GMT",
  "Sun, 31 Feb 1994 08:49:37 GMT",
  "Sun, 29 Feb 2023 08:49:37 GMT",
  "Sun, 00 Nov 1994 08:49:37 GMT",
  "Sun, 06 Nov 1994 24:00:00 GMT",
  "Sun, 06 Nov 1994 08:60:37 GMT",
  "Sun, 06 Nov 1994 08:49:61 GMT",
  "Sun, 06 Nov 1994 08:49:37 GMT; length=5",
  "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
  "Sun Nov 06 08:49:37 1994 GMT",
  "Sun, 06 Nov ١٩٩٤ 08:49:37 GMT",
];

for (const value of MALFORMED) {
  Deno.test(`parseHttpDate refuses ${JSON.stringify(value)}`, () => {
    assert.equal(parseHttpDate(value, { now }), null);
  });
}

Deno.test("parseHttpDate reads back every date that formatHttpDate writes", () => {
  const seconds = fc.integer({ min: Date.UTC(0, 0) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
  fc.assert(fc.property(seconds, (second) => {
    assert.equal(parseHttpDate(formatHttpDate(second * 1000), { now }), second * 1000);
  }));
});

Deno.test("parseHttpDate never throws", () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(parseHttpDate(text, { now }), null)));
});
