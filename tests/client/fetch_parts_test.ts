import assert from "node:assert/strict";
import fc from "fast-check";
import { newChunkSizes } from "../../client/adaptive.ts";
import { newSleepers } from "../../client/clock.ts";
import { PawlError } from "../../client/errors.ts";
import { fetchParts } from "../../client/fetch_parts.ts";
import { newGate } from "../../client/gate.ts";
import type { Bytes } from "../../client/read_body.ts";
import { virtualClock } from "../support/virtual_clock.ts";
import { seededRandom } from "./adaptive_grid.ts";

interface Course {
  start: number;
  size: number;
  parallel: number;
  partSize: number;
  /** Bytes after which a body breaks, of the requests in their order; null: it does not. */
  breaks: (number | null)[];
  /** Of the requests in their order: refused for the moment. */
  busy: boolean[];
  firstPart: boolean;
  seed: number;
}

const course: fc.Arbitrary<Course> = fc.record({
  start: fc.nat(300),
  size: fc.nat(800),
  parallel: fc.integer({ min: 1, max: 5 }),
  partSize: fc.integer({ min: 1, max: 120 }),
  breaks: fc.array(fc.option(fc.nat(60)), { maxLength: 30 }),
  busy: fc.array(fc.boolean(), { maxLength: 20 }),
  firstPart: fc.boolean(),
  seed: fc.nat(),
});

Deno.test("whatever breaks, all bytes come out once and in order, and no more is held than allowed", async () => {
  await fc.assert(
    fc.asyncProperty(course, async ({ start, size, parallel, partSize, breaks, busy, firstPart, seed }) => {
      const clock = virtualClock();
      const random = seededRandom(seed);
      const content = Uint8Array.from({ length: start + size }, (_, at) => (at * 31 + (at >> 8)) & 255);
      const out: number[] = [];
      let requests = 0;
      let open = 0;

      function body(from: number, to: number, signal: AbortSignal | null): ReadableStream<Bytes> {
        const cutAfter = breaks.shift() ?? Infinity;
        let at = from;
        open++;
        return new ReadableStream({
          async pull(controller) {
            await clock.delay(random() * 20, signal ?? new AbortController().signal);
            if (at - from >= cutAfter) {
              open--;
              return controller.error(new TypeError("cut"));
            }
            const next = Math.min(to, at + 1 + Math.floor(random() * 40), from + cutAfter);
            if (next > at) controller.enqueue(content.slice(at, next));
            at = next;
            if (at < to) return;
            open--;
            controller.close();
          },
          cancel: () => void (at < to && open--),
        }, { highWaterMark: 0 });
      }

      await clock.run(fetchParts({
        start,
        end: start + size,
        sizes: newChunkSizes({ min: 1, max: partSize }, partSize),
        parallel,
        retries: 100,
        stallMs: 60_000,
        gate: newGate(),
        sleepers: newSleepers(),
        signal: new AbortController().signal,
        clock,
        random,
        line: { isOffline: () => false },
        first: firstPart && size > 0
          ? {
            body: body(start, start + Math.min(size, partSize), null),
            end: start + Math.min(size, partSize),
          }
          : null,
        async open(from, to, request) {
          assert.ok(++requests < 5000);
          await clock.delay(random() * 30, request.signal);
          if (busy.shift()) throw new PawlError("busy", "later", { status: 503, retryAfter: 1 });
          return body(from, to, request.signal);
        },
        async emit(bytes) {
          out.push(...bytes);
          await clock.delay(random() * 10, new AbortController().signal);
        },
        onMoved: ({ held }) => assert.ok(held >= 0 && held <= 2 * parallel * partSize),
        onWaiting: () => {},
      }));
      assert.deepEqual(out, [...content.subarray(start)]);
    }),
    { numRuns: 150 },
  );
});
