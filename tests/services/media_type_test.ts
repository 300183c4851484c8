import assert from "node:assert/strict";
import fc from "fast-check";
import { mediaType } from "../../services/media_type.ts";

Deno.test("a declared type is kept in lower case, with its charset and nothing else", () => {
  assert.equal(mediaType("Image/PNG", "a.txt"), "image/png");
  assert.equal(mediaType(' Text/Plain ;Charset="UTF-8"; x=y ', "a"), "text/plain; charset=utf-8");
  assert.equal(mediaType("multipart/mixed; boundary=abc;", "a"), "multipart/mixed");
  assert.equal(mediaType("application/vnd.api+json", "a"), "application/vnd.api+json");
});

Deno.test("where nobody chose a type, the name decides", () => {
  const table: [string | null | undefined, string, string][] = [
    [undefined, "a.png", "image/png"],
    [null, "a.PDF", "application/pdf"],
    ["", "a.md", "text/markdown"],
    ["application/octet-stream", "a.mp4", "video/mp4"],
    ["application/x-www-form-urlencoded", "a.svg", "image/svg+xml"],
    [undefined, "README", "application/octet-stream"],
    [undefined, "a.unknownextension", "application/octet-stream"],
  ];
  for (const [declared, name, type] of table) {
    assert.equal(mediaType(declared, name), type, `${declared} ${name}`);
  }
});

Deno.test("what is not a media type is refused, in bounded time", () => {
  const wrong = [
    "png",
    "image/",
    "/png",
    "image/png, text/html",
    "image/png; a",
    "image png",
    "image/png\r\nX: y",
    "图/片",
  ];
  wrong.push(
    "text/html;charset=a b",
    'text/html;x="',
    "a/b" + ";  ".repeat(83) + "x",
    "a/" + "b".repeat(300),
  );
  for (const declared of wrong) {
    assert.throws(() => mediaType(declared, "a"), { code: "invalid-request" }, declared);
  }
});

Deno.test("the answer is always a media type that is left alone by a second reading", () => {
  const declared = fc.string({
    unit: fc.constantFrom("text", "/", "plain", ";", "charset", "=", '"', "\\", " ", "é", ","),
    maxLength: 12,
  });
  fc.assert(
    fc.property(fc.oneof(declared, fc.string()), (declared) => {
      try {
        const type = mediaType(declared, "a");
        assert.match(type, /^[^\s/;,"]+\/[^\s/;,"]+(; charset=[^\s/;,"]+)?$/);
        assert.equal(mediaType(type, "a"), type);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "invalid-request", String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
