import assert from "node:assert/strict";
import fc from "fast-check";
import {
  contentLength,
  integerHeader,
  parseInteger,
  singleHeader,
} from "../../../routes/http/header_values.ts";

const refused = { name: "Problem", code: "invalid-header" };

Deno.test("a header that may appear once is read trimmed, and null when it is absent", () => {
  assert.equal(singleHeader(new Headers({ "If-Range": '  "a"  ' }), "if-range"), '"a"');
  assert.equal(singleHeader(new Headers(), "If-Range"), null);
});

Deno.test("a header given twice, joined by a proxy or left empty is refused", () => {
  assert.throws(() => singleHeader(new Headers([["X-A", "1"], ["X-A", "1"]]), "X-A"), refused);
  assert.throws(() => singleHeader(new Headers({ "X-A": "1, 1" }), "X-A"), refused);
  assert.throws(() => singleHeader(new Headers({ "X-A": "" }), "X-A"), refused);
});

Deno.test("every safe integer from 0 up is read back from its decimal digits", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => assert.equal(parseInteger(String(value)), value)));
  assert.equal(parseInteger(String(Number.MAX_SAFE_INTEGER)), Number.MAX_SAFE_INTEGER);
});

Deno.test("anything that is not a plain safe integer is no number", () => {
  const wrong = [
    "",
    " 1",
    "1 ",
    "-1",
    "+1",
    "-0",
    "00",
    "01",
    "1.0",
    "1e3",
    "0x10",
    "1_000",
    "9007199254740992",
  ];
  wrong.push("99999999999999999999", "NaN", "Infinity", "١٢", "１", "1\n", "null");
  for (const text of wrong) assert.equal(parseInteger(text), null, JSON.stringify(text));
  fc.assert(
    fc.property(fc.string(), (text) => {
      const value = parseInteger(text);
      assert.ok(value === null || String(value) === text);
    }),
  );
});

Deno.test("a length that is no number, negative or given twice is refused", () => {
  assert.equal(contentLength(new Headers({ "Content-Length": "5368709120" })), 5_368_709_120);
  assert.equal(contentLength(new Headers()), null);
  for (const value of ["5, 5", "-1", "1e3", "abc", "9007199254740993"]) {
    assert.throws(() => contentLength(new Headers({ "Content-Length": value })), refused, value);
  }
  assert.throws(() => integerHeader(new Headers({ "Upload-Offset": "1.5" }), "Upload-Offset"), {
    ...refused,
    message: /Upload-Offset must be a whole number/,
  });
});
