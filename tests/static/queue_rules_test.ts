import assert from "node:assert/strict";
import fc from "fast-check";
import { PawlError } from "../../client/mod.ts";
import { rowWindow } from "../../static/queue/row_window.ts";
import { CONNECTIONS, connectionsFor, toStart } from "../../static/state/schedule.ts";
import { setbackOf } from "../../static/state/setback.ts";
import { inShownOrder, isRunning, PHASES, totalsOf, type Transfer } from "../../static/state/transfer.ts";

let lastId = 0;

function transfer(values: Partial<Transfer> & { size?: number } = {}): Transfer {
  const { size = 1000, ...rest } = values;
  return {
    id: ++lastId,
    file: { name: "a", size, lastModified: 0, type: "" } as File,
    folder: "",
    businessType: "General",
    phase: "queued",
    confirmed: 0,
    transferred: 0,
    bytesPerSecond: 0,
    secondsLeft: null,
    error: null,
    retryAt: null,
    hold: null,
    sessionId: null,
    instant: false,
    attachment: null,
    ...rest,
  };
}

const anyTransfer = fc.record({
  phase: fc.constantFrom(...PHASES),
  size: fc.constantFrom(0, 1000, 100_000_000),
  confirmed: fc.integer({ min: 0, max: 1000 }),
  bytesPerSecond: fc.integer({ min: 0, max: 1e9 }),
  hold: fc.constantFrom(null, null, "connection" as const, "sign-in" as const),
}).map(transfer);

const FREE = { any: true, bytes: Infinity };

Deno.test("never more connections than a browser has, and never none while something waits", () => {
  fc.assert(fc.property(fc.array(anyTransfer, { maxLength: 30 }), (transfers) => {
    const started = toStart(transfers, FREE);
    const used = (some: Transfer[]) => some.reduce((sum, { file }) => sum + connectionsFor(file.size), 0);
    const running = transfers.filter(isRunning);
    if (started.length > 0) assert.ok(used(running) + used(started) <= CONNECTIONS);
    assert.ok(started.every(({ phase }) => phase === "queued"));
    if (running.length === 0 && transfers.some(({ phase }) => phase === "queued")) {
      assert.ok(started.length > 0);
    }
  }));
});

Deno.test("small files pass a large one that has no room yet; the first in the row goes first", () => {
  const [large, second, small] = [transfer({ size: 1e9 }), transfer({ size: 1e9 }), transfer()];
  assert.deepEqual(toStart([large, second, small], FREE), [large, small]);
  assert.deepEqual(toStart([small, large, second], FREE), [small, large]);
});

Deno.test("nothing starts while the server takes no new ones", () => {
  assert.deepEqual(toStart([transfer()], { ...FREE, any: false }), []);
});

Deno.test("what fits into the rest of the day passes what does not; what was begun before goes on", () => {
  const [large, half, other, begun] = [
    transfer({ size: 1001 }),
    transfer({ size: 600 }),
    transfer({ size: 600 }),
    transfer({ size: 5000, sessionId: "s" }),
  ];
  assert.deepEqual(toStart([large, half, other, begun], { any: true, bytes: 1000 }), [half, begun]);
  assert.deepEqual(toStart([transfer({ size: 0 })], { any: true, bytes: 0 }).length, 1);
});

Deno.test("totals count each file once, and failed ones are neither done nor left", () => {
  fc.assert(fc.property(fc.array(anyTransfer), (transfers) => {
    const { files, done, failed, paused, active, bytes, confirmed } = totalsOf(transfers);
    assert.equal(files, transfers.length);
    assert.equal(done + failed + paused + active, files);
    const counted = transfers.filter(({ phase }) => phase !== "failed");
    assert.equal(bytes, counted.reduce((sum, { file }) => sum + file.size, 0));
    assert.ok(confirmed >= 0);
  }));
});

Deno.test("the shown order has every file once, first what needs somebody, last what is done", () => {
  fc.assert(fc.property(fc.array(anyTransfer), (transfers) => {
    const shown = inShownOrder(transfers);
    assert.deepEqual(shown.map(({ id }) => id).sort(), transfers.map(({ id }) => id).sort());
    const done = shown.map(({ phase }) => phase === "done");
    assert.equal(done.lastIndexOf(false) < (done.indexOf(true) === -1 ? Infinity : done.indexOf(true)), true);
    const failed = shown.map(({ phase }) => phase === "failed");
    assert.ok(failed.lastIndexOf(true) < failed.filter(Boolean).length);
  }));
});

Deno.test("what can be seen is drawn, and little more, however many rows there are", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 100_000 }),
    fc.integer({ min: 0, max: 10_000_000 }),
    fc.integer({ min: 0, max: 2000 }),
    (count, scrollTop, height) => {
      const row = 72;
      const { first, end } = rowWindow(count, { scrollTop, height, row });
      assert.ok(0 <= first && first <= end && end <= count);
      assert.ok(end - first <= height / row + 10);
      for (const y of [scrollTop, scrollTop + height - 1]) {
        const index = Math.floor(y / row);
        if (y >= scrollTop && index < count) assert.ok(first <= index && index < end);
      }
    },
  ));
});

Deno.test("what a failure means: wait, sign in, queue again, begin anew, or ask somebody", () => {
  const error = (status: number, code = "x") => new PawlError(code, "", { status });
  const cases: [unknown, number, string][] = [
    [error(0, "network"), 0, "connection"],
    [error(0, "stalled"), 4, "connection"],
    [error(0, "network"), 5, "failed"],
    [error(502, "unexpected-answer"), 0, "connection"],
    [error(503), 0, "connection"],
    [error(507, "disk-full"), 0, "failed"],
    [error(401, "token-expired"), 0, "sign-in"],
    [error(429, "bytes-per-day"), 0, "limit"],
    [error(410, "upload-expired"), 0, "anew"],
    [error(422, "digest-mismatch"), 0, "anew"],
    [error(0, "content-differs"), 0, "anew"],
    [error(413, "file-too-large"), 0, "failed"],
    [new TypeError("x"), 0, "failed"],
  ];
  for (const [reason, before, expected] of cases) assert.equal(setbackOf(reason, { before }), expected);
});
