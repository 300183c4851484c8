import assert from "node:assert/strict";
import { refusal, secondsOf } from "../../client/answer.ts";
import { PawlError } from "../../client/errors.ts";
import { parseRateLimit } from "../../client/pace.ts";
import { backoffMs, isPassing } from "../../client/retry.ts";
import { PROBLEMS } from "../../services/problem.ts";

Deno.test("waits double up to half a minute, spread by chance, never before Retry-After", () => {
  assert.deepEqual([1, 2, 3, 8, 50].map((tries) => backoffMs(tries, null, 1)), [
    250,
    500,
    1000,
    30_000,
    30_000,
  ]);
  assert.deepEqual([1, 2, 3].map((tries) => backoffMs(tries, null, 0)), [125, 250, 500]);
  assert.equal(backoffMs(1, 4, 0), 4000);
  assert.equal(backoffMs(1, 4, 1), 4400);
  assert.equal(backoffMs(10, 1, 1), 30_000);
});

Deno.test("what passes by itself is tried again, nothing else", () => {
  const passing = Object.entries(PROBLEMS)
    .filter(([code, [status]]) => isPassing(new PawlError(code, "", { status }))).map(([code]) => code);
  const expected = [
    "body-incomplete",
    "body-stalled",
    "busy",
    "chunk-busy",
    "disk-full",
    "internal",
    "issuer-unavailable",
    "stopping",
    "storage-unavailable",
  ];
  for (const code of expected) assert.ok(passing.includes(code), code);
  for (const code of passing) {
    const [status] = PROBLEMS[code as keyof typeof PROBLEMS];
    assert.ok(expected.includes(code) || [408, 429, 502, 503, 504, 507].includes(status), code);
  }
  assert.equal(isPassing(new PawlError("network", "")), true);
  assert.equal(isPassing(new PawlError("unexpected-answer", "", { status: 502 })), true);
  assert.equal(isPassing(new PawlError("unexpected-answer", "", { status: 200 })), false);
  assert.equal(isPassing(new PawlError("busy", "", { status: 503, retryAfter: 301 })), false);
  assert.equal(isPassing(new TypeError("a defect")), false);
});

Deno.test("a problem document becomes an error with all that it says", () => {
  const text = JSON.stringify({
    type: "/docs/problems#upload-incomplete",
    title: "Bytes are missing",
    status: 409,
    detail: "Send them.",
    code: "upload-incomplete",
    instance: "req-1",
    missing: [{ offset: 0, size: 1 }],
  });
  const error = refusal({ status: 409, header: (name) => name === "Retry-After" ? "3" : null, text });
  assert.deepEqual({ ...error }, {
    name: "PawlError",
    code: "upload-incomplete",
    status: 409,
    title: "Bytes are missing",
    detail: "Send them.",
    retryAfter: 3,
    requestId: "req-1",
    extra: { missing: [{ offset: 0, size: 1 }] },
  });
  assert.equal(error.message, "Send them.");
});

Deno.test("Retry-After is read as seconds or as a date", () => {
  assert.equal(secondsOf(null), null);
  assert.equal(secondsOf(""), null);
  assert.equal(secondsOf("soon"), null);
  assert.equal(secondsOf("120"), 120);
  assert.equal(secondsOf("-5"), 0);
  assert.equal(secondsOf("Wed, 21 Oct 2015 07:28:00 GMT"), 0);
  const later = secondsOf(new Date(Date.now() + 60_000).toUTCString())!;
  assert.ok(later > 50 && later <= 60);
});

Deno.test("RateLimit is read in its newest form, and nothing else is taken for it", () => {
  assert.deepEqual(parseRateLimit('"default";r=50;t=30'), [{
    name: "default",
    remaining: 50,
    resetSeconds: 30,
  }]);
  assert.deepEqual(parseRateLimit('"a,b";r=0;t=5, "day";t=9;r=1;pk=:x:'), [
    { name: "a,b", remaining: 0, resetSeconds: 5 },
    { name: "day", remaining: 1, resetSeconds: 9 },
  ]);
  assert.deepEqual(parseRateLimit("limit=10, remaining=3"), []);
  assert.deepEqual(parseRateLimit(null), []);
});
