import assert from "node:assert/strict";
import fc from "fast-check";
import { newChunkSizes } from "../../client/adaptive.ts";
import { PawlError } from "../../client/errors.ts";
import { newGate } from "../../client/gate.ts";
import { sendChunks } from "../../client/send_chunks.ts";
import { gapsOf, newPending, type Piece } from "../../client/spans.ts";
import { virtualClock } from "../support/virtual_clock.ts";
import { seededRandom } from "./adaptive_grid.ts";

const FATES = ["arrives", "breaks", "answer lost", "damaged", "busy", "unavailable", "superseded"] as const;
type Fate = (typeof FATES)[number];

interface Course {
  size: number;
  /** What is recorded before. */
  recorded: { offset: number; size: number }[];
  parallel: number;
  /** Of the requests in their order; those behind the end arrive. */
  fates: Fate[];
  /** Milliseconds at which it is paused, and for how long. */
  pauses: { at: number; for: number }[];
  seed: number;
}

const MIN = 4;
const MAX = 32;

const course: fc.Arbitrary<Course> = fc.record({
  size: fc.integer({ min: 1, max: 600 }),
  recorded: fc.array(fc.record({ offset: fc.nat(600), size: fc.nat(60) }), { maxLength: 4 }),
  parallel: fc.integer({ min: 1, max: 5 }),
  fates: fc.array(fc.constantFrom(...FATES), { maxLength: 40 }),
  pauses: fc.array(fc.record({ at: fc.nat(3000), for: fc.integer({ min: 1, max: 5000 }) }), { maxLength: 3 }),
  seed: fc.nat(),
});

const errors: Record<Exclude<Fate, "arrives">, () => PawlError> = {
  "breaks": () => new PawlError("network", "broke"),
  "answer lost": () => new PawlError("network", "broke"),
  "damaged": () => new PawlError("digest-mismatch", "damaged", { status: 422 }),
  "busy": () => new PawlError("chunk-busy", "busy", { status: 409, retryAfter: 1 }),
  "unavailable": () => new PawlError("storage-unavailable", "no disk", { status: 503, retryAfter: 2 }),
  "superseded": () => new PawlError("superseded", "another writes", { status: 409 }),
};

Deno.test("whatever happens to requests, every missing byte arrives, and no more is done at once than allowed", async () => {
  await fc.assert(
    fc.asyncProperty(course, async ({ size, recorded, parallel, fates, pauses, seed }) => {
      const clock = virtualClock();
      const random = seededRandom(seed);
      const gate = newGate();
      const gaps = gapsOf(recorded, size);
      const there = new Uint8Array(size).fill(1);
      for (const { start, end } of gaps) there.fill(0, start, end);
      const missing = gaps.reduce((sum, { start, end }) => sum + end - start, 0);
      const underway = new Set<Piece>();
      const recordedAt = (at: number) => at >= size || there[at] === 1;
      let requests = 0;
      let confirmed = 0;

      for (const pause of pauses) {
        clock.after(pause.at, () => gate.close());
        clock.after(pause.at + pause.for, () => gate.open());
      }
      // Later pauses may end earlier ones.
      clock.after(10_000, () => gate.open());

      await clock.run(sendChunks({
        pending: newPending(gaps),
        sizes: newChunkSizes({ min: MIN, max: MAX }),
        parallel,
        retries: fates.length,
        gate,
        signal: new AbortController().signal,
        clock,
        random,
        line: { isOffline: () => false },
        async put(piece, { signal, onSent }) {
          for (const other of underway) assert.ok(piece.end <= other.start || other.end <= piece.start);
          underway.add(piece);
          assert.ok(underway.size <= parallel);
          const bytes = piece.end - piece.start;
          assert.ok(bytes <= MAX && bytes > 0);
          // What the server would refuse as too small.
          if (bytes < MIN) assert.ok(recordedAt(piece.end) || gaps.some(({ end }) => end === piece.end));
          const fate = fates[requests++] ?? "arrives";
          try {
            await clock.delay(random() * 200, signal);
            onSent(bytes);
            await clock.delay(random() * 50, signal);
            if (fate === "arrives" || fate === "answer lost") there.fill(1, piece.start, piece.end);
            if (fate !== "arrives") throw errors[fate]();
          } finally {
            underway.delete(piece);
          }
        },
        async missingOf(piece, signal) {
          await clock.delay(20, signal);
          const rest: Piece[] = [];
          for (let at = piece.start; at < piece.end; at++) {
            if (there[at]) continue;
            const last = rest.at(-1);
            if (last?.end === at) last.end++;
            else rest.push({ start: at, end: at + 1, tries: 0 });
          }
          return rest;
        },
        onMoved({ confirmed: bytes, sending }) {
          confirmed += bytes;
          assert.ok(sending >= 0 && confirmed + sending <= missing);
        },
        onWaiting: () => {},
      }));
      assert.equal(confirmed, missing);
      assert.ok(there.every((byte) => byte === 1));
      assert.equal(underway.size, 0);
    }),
    { numRuns: 150 },
  );
});

Deno.test("the first error that does not pass ends everything, when nothing is on its way any more", async () => {
  const clock = virtualClock();
  let underway = 0;
  let requests = 0;
  const sending = sendChunks({
    pending: newPending([{ start: 0, end: 1000, tries: 0 }]),
    sizes: newChunkSizes({ min: MIN, max: MAX }, 10),
    parallel: 4,
    retries: 3,
    gate: newGate(),
    signal: new AbortController().signal,
    clock,
    random: () => 0.5,
    line: { isOffline: () => false },
    async put(piece, { signal }) {
      underway++;
      requests++;
      try {
        await clock.delay(piece.start === 50 ? 5 : 10, signal);
        if (piece.start === 50) throw new PawlError("chunk-conflict", "other bytes", { status: 409 });
      } finally {
        underway--;
      }
    },
    missingOf: () => Promise.resolve([]),
    onMoved: () => {},
    onWaiting: () => {},
  });
  await assert.rejects(clock.run(sending), { code: "chunk-conflict" });
  assert.equal(underway, 0);
  assert.ok(requests < 15);
});
