import assert from "node:assert/strict";
import fc from "fast-check";
import { SpanSet } from "../../../services/uploads/spans.ts";

/** Positions of the model: one boolean a byte. */
const SIZE = 40;

const stretch = fc.tuple(fc.nat(SIZE), fc.nat(SIZE)).map(([a, b]) =>
  [Math.min(a, b), Math.max(a, b)] as const
);
const stretches = fc.array(stretch, { maxLength: 12 });

/** The same set as spans and as one boolean a byte. */
function build(added: (readonly [number, number])[]): { set: SpanSet; bytes: boolean[] } {
  const set = new SpanSet();
  const bytes = Array<boolean>(SIZE).fill(false);
  for (const [start, end] of added) {
    set.add(start, end);
    bytes.fill(true, start, end);
  }
  return { set, bytes };
}

/** Stretches of `value` in `bytes`, between `start` and `end`. */
function runs(bytes: boolean[], value: boolean, { start = 0, end = SIZE } = {}) {
  const found: { offset: number; size: number }[] = [];
  for (let at = start; at < end; at++) {
    if (bytes[at] !== value) continue;
    const last = found.at(-1);
    if (last && last.offset + last.size === at) last.size++;
    else found.push({ offset: at, size: 1 });
  }
  return found;
}

const check = <T>(arbitrary: fc.Arbitrary<T>, predicate: (value: T) => void) =>
  fc.assert(fc.property(arbitrary, predicate), { numRuns: 300 });

Deno.test("stretches added in any order are kept merged, sorted and counted", () => {
  check(stretches, (added) => {
    const { set, bytes } = build(added);
    assert.deepEqual(set.spans(), runs(bytes, true));
    assert.equal(set.bytes, bytes.filter(Boolean).length);
  });
});

Deno.test("the front is the end of what begins at the first byte", () => {
  check(stretches, (added) => {
    const { set, bytes } = build(added);
    const gap = bytes.indexOf(false);
    assert.equal(set.front, gap === -1 ? SIZE : gap);
  });
});

Deno.test("a byte is covered when it was added", () => {
  check(stretches, (added) => {
    const { set, bytes } = build(added);
    bytes.forEach((value, at) => assert.equal(set.covers(at), value, `byte ${at}`));
  });
});

Deno.test("a stretch is cut into recorded and new pieces without a gap", () => {
  check(fc.tuple(stretches, stretch), ([added, [start, end]]) => {
    const { set, bytes } = build(added);
    const pieces = set.split(start, end);
    let at = start;
    for (const piece of pieces) {
      assert.equal(piece.start, at);
      assert.ok(piece.end > piece.start);
      for (; at < piece.end; at++) assert.equal(bytes[at], piece.recorded, `byte ${at}`);
    }
    assert.equal(at, end);
    // No two neighbours are of one kind.
    for (const [index, piece] of pieces.entries()) {
      assert.notEqual(piece.recorded, pieces[index + 1]?.recorded);
    }
  });
});

Deno.test("a stretch that is taken out is no longer there, and nothing else goes", () => {
  check(fc.tuple(stretches, fc.nat(SIZE), fc.nat(SIZE)), ([added, start, end]) => {
    const { set, bytes } = build(added);
    set.remove(start, end);
    for (let at = start; at < end; at++) bytes[at] = false;
    const kept = runs(bytes, true, { end: SIZE });
    assert.deepEqual(set.spans(), kept);
    assert.equal(set.bytes, kept.reduce((sum, { size }) => sum + size, 0));
  });
});

Deno.test("what is missing of a file is named up to a limit, the first gaps first", () => {
  check(fc.tuple(stretches, fc.nat(SIZE), fc.integer({ min: 1, max: 5 })), ([added, size, limit]) => {
    const { set, bytes } = build(added);
    assert.deepEqual(set.missing(size, limit), runs(bytes, false, { end: size }).slice(0, limit));
  });
});

Deno.test("slots count when every byte of theirs that the file has is there", () => {
  const slotted = fc.tuple(fc.integer({ min: 1, max: SIZE }), fc.integer({ min: 1, max: SIZE }), stretches);
  check(slotted, ([size, chunkSize, added]) => {
    const { set, bytes } = build(added.map(([start, end]) => [Math.min(start, size), Math.min(end, size)]));
    const whole = Array.from({ length: Math.ceil(size / chunkSize) }, (_, slot) => slot).filter((slot) =>
      bytes.slice(slot * chunkSize, Math.min(size, (slot + 1) * chunkSize)).every(Boolean)
    );
    assert.deepEqual(set.wholeSlots(size, chunkSize), whole);
  });
});

Deno.test("positions far beyond 32 bits are exact", () => {
  const set = new SpanSet();
  const far = Number.MAX_SAFE_INTEGER - 100;
  set.add(far, far + 50);
  set.add(far + 50, far + 100);
  assert.deepEqual(set.spans(), [{ offset: far, size: 100 }]);
  assert.deepEqual(set.missing(far + 101, 9), [{ offset: 0, size: far }, { offset: far + 100, size: 1 }]);
});
