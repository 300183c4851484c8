import assert from "node:assert/strict";
import { parse } from "content-disposition";
import fc from "fast-check";
import { contentDisposition, downloadName } from "../../../routes/http/content_disposition.ts";

const CASES: [fileName: string, expected: string][] = [
  ["plan.pdf", "attachment; filename=plan.pdf"],
  ["two words.pdf", 'attachment; filename="two words.pdf"'],
  ['say "hi".txt', `attachment; filename="say _hi_.txt"; filename*=UTF-8''say%20%22hi%22.txt`],
  ["it's.txt", "attachment; filename=it's.txt"],
  ["a;b=c,d.txt", 'attachment; filename="a;b=c,d.txt"'],
  ["报告.pdf", "attachment; filename=__.pdf; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf"],
  ["é.txt", "attachment; filename=_.txt; filename*=UTF-8''%C3%A9.txt"],
  ["😀.png", "attachment; filename=_.png; filename*=UTF-8''%F0%9F%98%80.png"],
  ["100%.txt", `attachment; filename=100_.txt; filename*=UTF-8''100%25.txt`],
  ["%41.txt", `attachment; filename=_41.txt; filename*=UTF-8''%2541.txt`],
  ["../../etc/passwd", "attachment; filename=.._.._etc_passwd"],
  ["C:\\temp\\a.txt", 'attachment; filename="C:_temp_a.txt"'],
  ["a\r\nSet-Cookie: x=1.txt", 'attachment; filename="aSet-Cookie: x=1.txt"'],
  ["a\0b\x7f\x85.txt", "attachment; filename=ab.txt"],
  ["photo\u202egpj.exe", "attachment; filename=photogpj.exe"],
  ["a\u2066b\u200fc\ufeff.txt", "attachment; filename=abc.txt"],
  ["\ud800.txt", "attachment; filename=_.txt; filename*=UTF-8''%EF%BF%BD.txt"],
  ["a\udc00b", "attachment; filename=a_b; filename*=UTF-8''a%EF%BF%BDb"],
  ["  spaces  ", "attachment; filename=spaces"],
  ["", "attachment; filename=download"],
  ["   ", "attachment; filename=download"],
  [".", "attachment; filename=download"],
  ["..", "attachment; filename=download"],
  ["\u202e", "attachment; filename=download"],
  [".gitignore", "attachment; filename=.gitignore"],
];

for (const [fileName, expected] of CASES) {
  Deno.test(`contentDisposition of ${JSON.stringify(fileName)}`, () => {
    assert.equal(contentDisposition("attachment", fileName), expected);
    assert.equal(contentDisposition("inline", fileName), expected.replace("attachment", "inline"));
  });
}

Deno.test("an emoji of several code points stays whole", () => {
  assert.equal(downloadName("👩‍👧.png"), "👩‍👧.png");
});

Deno.test("names too long for a file system are cut within the stem, between characters", () => {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  assert.equal(downloadName("a".repeat(240)), "a".repeat(240));
  assert.equal(downloadName("a".repeat(1000) + ".tar"), "a".repeat(236) + ".tar");
  assert.equal(downloadName("报".repeat(500) + ".pdf"), "报".repeat(78) + ".pdf");
  assert.equal(downloadName("😀".repeat(500) + ".报"), "😀".repeat(59) + ".报");
  assert.equal(bytes(downloadName("a." + "b".repeat(1000))), 240);
  assert.equal(bytes(downloadName("." + "b".repeat(1000))), 240);
  assert.ok(downloadName("x".repeat(5_000_000) + ".zip").endsWith("x.zip"));
});

Deno.test("any name gives a header that says a safe name, the same in both directions", () => {
  const name = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    fc.string({
      unit: fc.constantFrom('"', "\\", "/", "%", "4", "\r", "\n", "\ud83d", "\u202e", ";", "'", "*"),
    }),
  );
  fc.assert(fc.property(name, fc.constantFrom("attachment", "inline"), (fileName, type) => {
    const header = contentDisposition(type as "attachment" | "inline", fileName);
    assert.match(header, /^[\x20-\x7e]+$/);
    const parsed = parse(header);
    assert.equal(parsed.type, type);
    assert.equal(parsed.parameters["filename"], downloadName(fileName));
    const saved = downloadName(fileName);
    assert.ok(saved.length > 0 && saved.isWellFormed());
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(saved, /[\x00-\x1f\x7f\\/\u202a-\u202e\u2066-\u2069]|^\.{0,2}$/);
  }));
});
