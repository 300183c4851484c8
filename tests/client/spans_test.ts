import assert from "node:assert/strict";
import fc from "fast-check";
import { gapsOf, newPending, type Piece } from "../../client/spans.ts";

Deno.test("gaps are what no span covers, in order", () => {
  assert.deepEqual(gapsOf([], 0), []);
  assert.deepEqual(gapsOf([], 10), [{ start: 0, end: 10, tries: 0 }]);
  assert.deepEqual(gapsOf([{ offset: 0, size: 10 }], 10), []);
  assert.deepEqual(gapsOf([{ offset: 6, size: 2 }, { offset: 2, size: 3 }], 10), [
    { start: 0, end: 2, tries: 0 },
    { start: 5, end: 6, tries: 0 },
    { start: 8, end: 10, tries: 0 },
  ]);
});

Deno.test("gaps and spans cover each byte, and no gap byte twice", () => {
  const span = fc.record({ offset: fc.nat(60), size: fc.nat(20) });
  fc.assert(fc.property(fc.array(span, { maxLength: 8 }), fc.nat(60), (spans, size) => {
    const covered = new Array(size).fill(0);
    for (const { offset, size: length } of spans) covered.fill(1, offset, Math.min(size, offset + length));
    for (const { start, end } of gapsOf(spans, size)) {
      assert.ok(start < end && end <= size);
      for (let at = start; at < end; at++) assert.equal(covered[at]++, 0);
    }
    assert.ok(covered.every((count) => count === 1));
  }));
});

Deno.test("pieces are taken from the front, none is lost or comes twice, and rests are not too small", () => {
  const min = 4;
  const max = 16;
  const steps = fc.array(fc.record({ wanted: fc.integer({ min: 1, max: 30 }), back: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), steps, (size, steps) => {
    const pending = newPending([{ start: 0, end: size, tries: 0 }]);
    const done: Piece[] = [];
    for (const { wanted, back } of steps) {
      const piece = pending.take(wanted, { min, max });
      if (piece === null) break;
      const length = piece.end - piece.start;
      assert.ok(length <= max);
      assert.ok(
        length >= min || piece.end === size || size < min,
        `${length} bytes at ${piece.start} of ${size}`,
      );
      if (back) pending.giveBack({ ...piece, tries: piece.tries + 1 });
      else done.push(piece);
    }
    for (let piece = pending.take(max, { min, max }); piece; piece = pending.take(max, { min, max })) {
      done.push(piece);
    }
    assert.equal(pending.bytes, 0);
    done.sort((a, b) => a.start - b.start);
    assert.equal(done[0]!.start, 0);
    assert.equal(done.at(-1)!.end, size);
    done.slice(1).forEach((piece, index) => assert.equal(piece.start, done[index]!.end));
  }));
});

Deno.test("tries count for the bytes that were tried, not for those behind them", () => {
  const pending = newPending([{ start: 0, end: 100, tries: 0 }]);
  const piece = pending.take(10, { min: 1, max: 50 })!;
  pending.giveBack({ ...piece, tries: 3 });
  assert.deepEqual(pending.take(50, { min: 1, max: 50 }), { start: 0, end: 10, tries: 3 });
  assert.deepEqual(pending.take(50, { min: 1, max: 50 }), { start: 10, end: 60, tries: 0 });
});
