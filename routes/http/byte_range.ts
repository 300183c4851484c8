/** Which bytes a `Range` header asks for (RFC 9110 §14.1 and §14.2). Pure; linear in the header's length. */

/** A half-open stretch of a representation: `offset` inclusive, `offset + length` exclusive, in bytes. */
export interface ByteRange {
  offset: number;
  length: number;
}

/**
 * `whole`: answer 200 with everything. `partial`: answer 206; at least one range, none empty, none touching
 * another. `unsatisfiable`: answer 416.
 */
export type RangeDecision =
  | { kind: "whole" }
  | { kind: "partial"; ranges: ByteRange[] }
  | { kind: "unsatisfiable" };

/** A header that lists more elements than this is ignored, as RFC 9110 §14.2 allows for abusive requests. */
export const MAX_RANGES = 64;

const WHOLE: RangeDecision = { kind: "whole" };

/**
 * Decides about `header` (null: absent) for a representation of `size` bytes.
 *
 * Another unit, a header that is not valid in any of its elements, and too many elements are ignored. Ranges
 * that overlap or touch become one, at the place of the first of them; the order is otherwise that of the
 * request (RFC 9110 §15.3.7.2). An empty file has no byte that a 206 could name: a request that starts at its
 * beginning gets the whole file, since there are clients that send `bytes=0-` with everything.
 */
export function decideRange(header: string | null, size: number): RangeDecision {
  const set = /^bytes=/i.test(header ?? "") ? header!.slice("bytes=".length) : null;
  if (set === null) return WHOLE;
  const elements = set.split(",", MAX_RANGES + 1);
  if (elements.length > MAX_RANGES) return WHOLE;

  const ranges: ByteRange[] = [];
  let valid = 0;
  for (const element of elements) {
    const spec = trimBlanks(element);
    if (spec === "") continue;
    const range = readSpec(spec, size);
    if (range === "invalid") return WHOLE;
    valid++;
    if (range !== null) ranges.push(range);
  }
  if (valid === 0) return WHOLE;
  if (ranges.length === 0) return { kind: "unsatisfiable" };
  if (size === 0) return WHOLE;
  return { kind: "partial", ranges: coalesce(ranges) };
}

/** The value of `Content-Range` for one part, e.g. `bytes 0-499/1234`. */
export function contentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}

/** Null: valid, but no byte of the file is meant. */
function readSpec(spec: string, size: number): ByteRange | null | "invalid" {
  const match = /^([0-9]*)-([0-9]*)$/.exec(spec);
  if (!match) return "invalid";
  const [, first, last] = match as unknown as [string, string, string];
  // Above 2^53 Number() rounds, but never to below the size of a file, so clamping stays right.
  if (first === "") {
    if (last === "") return "invalid";
    const length = Math.min(Number(last), size);
    return Number(last) === 0 ? null : { offset: size - length, length };
  }
  if (last !== "" && isLess(last, first)) return "invalid";
  const offset = Number(first);
  if (size === 0 && offset === 0) return { offset: 0, length: 0 };
  if (offset >= size) return null;
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return { offset, length: end - offset };
}

/** Compares decimal digits of any length exactly. */
function isLess(left: string, right: string): boolean {
  const [a, b] = [left, right].map((digits) => digits.replace(/^0+/, "")) as [string, string];
  return a.length === b.length ? a < b : a.length < b.length;
}

function coalesce(ranges: ByteRange[]): ByteRange[] {
  const sorted = ranges.map((range, place) => ({ ...range, place })).sort((a, b) => a.offset - b.offset);
  const merged: typeof sorted = [];
  for (const range of sorted) {
    const before = merged.at(-1);
    if (before && range.offset <= before.offset + before.length) {
      before.length = Math.max(before.length, range.offset + range.length - before.offset);
      before.place = Math.min(before.place, range.place);
    } else {
      merged.push(range);
    }
  }
  return merged.sort((a, b) => a.place - b.place).map(({ offset, length }) => ({ offset, length }));
}

/** Optional whitespace of a list (RFC 9110 §5.6.3); `[ \t]+$` as a pattern would take quadratic time. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start]!)) start++;
  while (end > start && isBlank(text[end - 1]!)) end--;
  return text.slice(start, end);
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t";
}
