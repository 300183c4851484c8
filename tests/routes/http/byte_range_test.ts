import assert from "node:assert/strict";
import fc from "fast-check";
import {
  contentRange,
  decideRange,
  MAX_RANGES,
  type RangeDecision,
} from "../../../routes/http/byte_range.ts";

/** Short form of a decision: "whole", "unsatisfiable", or "0-4 10-14" with inclusive ends. */
function short(decision: RangeDecision): string {
  if (decision.kind !== "partial") return decision.kind;
  return decision.ranges.map(({ offset, length }) => `${offset}-${offset + length - 1}`).join(" ");
}

const CASES: [header: string | null, size: number, expected: string][] = [
  [null, 10, "whole"],
  ["", 10, "whole"],
  // one range
  ["bytes=0-0", 10, "0-0"],
  ["bytes=0-4", 10, "0-4"],
  ["bytes=5-", 10, "5-9"],
  ["bytes=0-", 10, "0-9"],
  ["bytes=9-9", 10, "9-9"],
  ["bytes=9-", 10, "9-9"],
  ["bytes=0-9", 10, "0-9"],
  ["bytes=0-10", 10, "0-9"],
  ["bytes=-1", 10, "9-9"],
  ["bytes=-10", 10, "0-9"],
  ["bytes=-11", 10, "0-9"],
  ["bytes=000-0004", 10, "0-4"],
  ["bytes=0005-6", 10, "5-6"],
  ["bytes=5-006", 10, "5-6"],
  ["BYTES=0-4", 10, "0-4"],
  // unsatisfiable
  ["bytes=10-", 10, "unsatisfiable"],
  ["bytes=10-10", 10, "unsatisfiable"],
  ["bytes=-0", 10, "unsatisfiable"],
  ["bytes=-000", 10, "unsatisfiable"],
  ["bytes=10-,-0,99-100", 10, "unsatisfiable"],
  // several
  ["bytes=0-1,5-6", 10, "0-1 5-6"],
  ["bytes=5-6,0-1", 10, "5-6 0-1"],
  ["bytes=0-1, 5-6 ,\t8-", 10, "0-1 5-6 8-9"],
  ["bytes=,,0-1,,5-6,", 10, "0-1 5-6"],
  ["bytes=0-1,-0,50-60,8-", 10, "0-1 8-9"],
  ["bytes=0-1,50-60", 10, "0-1"],
  // touching and overlapping ones become one, in the place of the first
  ["bytes=0-1,2-3", 10, "0-3"],
  ["bytes=2-3,0-1", 10, "0-3"],
  ["bytes=0-5,3-8", 10, "0-8"],
  ["bytes=0-9,3-4", 10, "0-9"],
  ["bytes=3-4,0-", 10, "0-9"],
  ["bytes=8-9,0-1,1-3,5-5", 10, "8-9 0-3 5-5"],
  ["bytes=5-5,0-0,4-4,9-9", 10, "4-5 0-0 9-9"],
  ["bytes=0-0,0-0,0-0", 10, "0-0"],
  // ignored
  ["bytes", 10, "whole"],
  ["bytes=", 10, "whole"],
  ["bytes=,", 10, "whole"],
  ["bytes=, ,", 10, "whole"],
  ["bytes=-", 10, "whole"],
  ["bytes=--1", 10, "whole"],
  ["bytes=-1-", 10, "whole"],
  ["bytes=1-0", 10, "whole"],
  ["bytes=20-19", 10, "whole"],
  ["bytes=0-1,5-4", 10, "whole"],
  ["bytes=0-1,x", 10, "whole"],
  ["bytes=a-b", 10, "whole"],
  ["bytes=0", 10, "whole"],
  ["bytes=0 - 4", 10, "whole"],
  ["bytes= 0-4", 10, "0-4"],
  ["bytes =0-4", 10, "whole"],
  ["bytes:0-4", 10, "whole"],
  ["bytes=0-4;q=1", 10, "whole"],
  ["bytes=0x1-0x4", 10, "whole"],
  ["bytes=1e1-", 10, "whole"],
  ["bytes=+1-4", 10, "whole"],
  ["bytes=1.0-4", 10, "whole"],
  ["bytes=0-4\u00a0", 10, "whole"],
  ["bytes=٠-٤", 10, "whole"],
  ["items=0-4", 10, "whole"],
  ["xbytes=0-4", 10, "whole"],
  ["none", 10, "whole"],
  // two headers, as the runtime joins them
  ["bytes=0-1, bytes=5-6", 10, "whole"],
  // an empty file
  ["bytes=0-", 0, "whole"],
  ["bytes=0-0", 0, "whole"],
  ["bytes=-5", 0, "whole"],
  ["bytes=-0", 0, "unsatisfiable"],
  ["bytes=1-", 0, "unsatisfiable"],
  ["bytes=1-,0-", 0, "whole"],
  // numbers that do not fit
  ["bytes=0-9007199254740993", 10, "0-9"],
  ["bytes=9007199254740993-", 10, "unsatisfiable"],
  ["bytes=9007199254740993-9007199254740992", 10, "whole"],
  ["bytes=9007199254740992-9007199254740993", 10, "unsatisfiable"],
  ["bytes=-99999999999999999999999999", 10, "0-9"],
  [`bytes=5-${"9".repeat(60_000)}`, 10, "5-9"],
  [`bytes=${"0".repeat(60_000)}5-`, 10, "5-9"],
  ["bytes=9007199254740990-9007199254740991", Number.MAX_SAFE_INTEGER, "9007199254740990-9007199254740990"],
  ["bytes=-1", Number.MAX_SAFE_INTEGER, "9007199254740990-9007199254740990"],
];

for (const [header, size, expected] of CASES) {
  const name = header !== null && header.length > 80
    ? `${header.slice(0, 20)}... (${header.length})`
    : header;
  Deno.test(`Range ${JSON.stringify(name)} of ${size} bytes: ${expected}`, () => {
    assert.equal(short(decideRange(header, size)), expected);
  });
}

/** What RFC 9110 says, byte by byte: which positions a range asks for; null when it is not valid. */
function askedFor(spec: { first?: bigint; last?: bigint }, size: number): number[] | null {
  const all = Array.from({ length: size }, (_, position) => position);
  if (spec.first === undefined) return all.filter((position) => BigInt(size - position) <= spec.last!);
  if (spec.last !== undefined && spec.last < spec.first) return null;
  return all.filter((position) =>
    BigInt(position) >= spec.first! && (spec.last === undefined || BigInt(position) <= spec.last)
  );
}

const write = (spec: { first?: bigint; last?: bigint }) => `${spec.first ?? ""}-${spec.last ?? ""}`;
const positions = (decision: RangeDecision) =>
  decision.kind === "partial"
    ? decision.ranges.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i))
    : [];

Deno.test("every pair of bounds from 0 to 16 and files of 1 to 17 bytes agree with the byte-by-byte model", () => {
  let compared = 0;
  for (let size = 1; size <= 17; size++) {
    for (let first = -1; first <= 16; first++) {
      for (let last = -1; last <= 16; last++) {
        if (first < 0 && last < 0) continue;
        const spec = {
          first: first < 0 ? undefined : BigInt(first),
          last: last < 0 ? undefined : BigInt(last),
        };
        const decision = decideRange(`bytes=${write(spec)}`, size);
        const asked = askedFor(spec, size);
        const kind = asked === null ? "whole" : asked.length === 0 ? "unsatisfiable" : "partial";
        assert.equal(decision.kind, kind, `${write(spec)} of ${size}`);
        if (kind === "partial") assert.deepEqual(positions(decision), asked, `${write(spec)} of ${size}`);
        compared++;
      }
    }
  }
  assert.equal(compared, 17 * (18 * 18 - 1));
});

Deno.test("every two ranges within 7 bytes give exactly the bytes asked for, in parts that do not touch", () => {
  const size = 7;
  const bounds = Array.from({ length: size }, (_, i) => BigInt(i));
  const specs = bounds.flatMap((first) =>
    bounds.filter((last) => last >= first).map((last) => ({ first, last }))
  );
  for (const one of specs) {
    for (const two of specs) {
      const decision = decideRange(`bytes=${write(one)},${write(two)}`, size);
      const asked = new Set([...askedFor(one, size)!, ...askedFor(two, size)!]);
      assert.deepEqual(positions(decision).toSorted(), [...asked].toSorted());
      const touch = one.first <= two.last + 1n && two.first <= one.last + 1n;
      assert.equal(decision.kind === "partial" && decision.ranges.length, touch ? 1 : 2);
    }
  }
});

const bound = fc.oneof(
  fc.bigInt(0n, 45n),
  fc.bigInt(2n ** 53n - 4n, 2n ** 53n + 4n),
  fc.bigInt(0n, 10n ** 40n),
);
const anySpec = fc.oneof(
  fc.record({ first: bound, last: bound }),
  fc.record({ first: bound }),
  fc.record({ last: bound }),
) as fc.Arbitrary<{ first?: bigint; last?: bigint }>;

Deno.test("any list of ranges agrees with the byte-by-byte model and keeps the order of the request", () => {
  fc.assert(fc.property(
    fc.array(anySpec, { minLength: 1, maxLength: 12 }),
    fc.integer({ min: 1, max: 40 }),
    (specs, size) => {
      const decision = decideRange(`bytes=${specs.map(write).join(", ")}`, size);
      const asked = specs.map((spec) => askedFor(spec, size));
      if (asked.includes(null)) return assert.equal(decision.kind, "whole");
      const wanted = new Set(asked.flatMap((list) => list!));
      if (wanted.size === 0) return assert.equal(decision.kind, "unsatisfiable");
      assert.equal(decision.kind, "partial");
      const given = positions(decision);
      assert.equal(new Set(given).size, given.length, "no byte twice");
      assert.deepEqual(new Set(given), wanted);
      const ranges = decision.kind === "partial" ? decision.ranges : [];
      const byOffset = ranges.toSorted((a, b) => a.offset - b.offset);
      byOffset.slice(1).forEach((range, i) => {
        assert.ok(byOffset[i]!.offset + byOffset[i]!.length < range.offset, "parts do not touch");
      });
      const places = ranges.map(({ offset, length }) =>
        asked.findIndex((list) => list!.some((position) => position >= offset && position < offset + length))
      );
      assert.deepEqual(places, places.toSorted((a, b) => a - b));
    },
  ));
});

Deno.test("any text and any size give a decision whose ranges lie within the file", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(..."0123456789-,= \t") }).map((rest) => `bytes=${rest}`),
  );
  fc.assert(fc.property(text, fc.maxSafeNat(), (header, size) => {
    const decision = decideRange(header, size);
    if (decision.kind !== "partial") return;
    assert.ok(decision.ranges.length > 0);
    for (const { offset, length } of decision.ranges) {
      assert.ok(Number.isSafeInteger(offset) && offset >= 0 && length > 0 && offset + length <= size);
    }
  }));
});

Deno.test("as many elements as allowed are served, one more gives the whole file", () => {
  const list = (count: number) =>
    `bytes=${Array.from({ length: count }, (_, i) => `${i * 2}-${i * 2}`).join()}`;
  const allowed = decideRange(list(MAX_RANGES), 10_000);
  assert.equal(allowed.kind === "partial" && allowed.ranges.length, MAX_RANGES);
  assert.equal(decideRange(list(MAX_RANGES + 1), 10_000).kind, "whole");
  assert.equal(decideRange(`bytes=${",".repeat(MAX_RANGES)}0-1`, 10_000).kind, "whole");
});

Deno.test("megabytes of hostile header are decided, which quadratic time would not let end", () => {
  const n = 2_000_000;
  for (const filling of ["0", " ", "-", ",", "0-", "0-,", "\t "]) {
    assert.equal(decideRange(`bytes=${filling.repeat(n / filling.length)}x`, 10).kind, "whole");
    assert.equal(decideRange(`bytes=0-0, x${filling.repeat(n / filling.length)}`, 10).kind, "whole");
  }
});

Deno.test("contentRange names the first and last byte and the size", () => {
  assert.equal(contentRange({ offset: 0, length: 500 }, 1234), "bytes 0-499/1234");
  assert.equal(contentRange({ offset: 1233, length: 1 }, 1234), "bytes 1233-1233/1234");
});
