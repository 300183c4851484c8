import assert from "node:assert/strict";
import fc from "fast-check";
import { checkFileName, extensionOf } from "../../services/file_name.ts";
import { Problem } from "../../services/problem.ts";

const refused = (name: string, why: RegExp) =>
  assert.throws(() => checkFileName(name), { code: "invalid-file-name", message: why }, JSON.stringify(name));

Deno.test("ordinary names of every language are kept as they are", () => {
  const names = [
    "报告 2026.pdf",
    "photo 👨‍👩‍👧.jpg",
    'say "hi".txt',
    "it's; a=b, (1) #&%.txt",
    "تقرير.docx",
    ".profile",
  ];
  names.push("CON", "a:b?.txt", "100%22.txt", "...", "..a", "a..", "x".repeat(255));
  for (const name of names) assert.equal(checkFileName(name), name);
});

Deno.test("of a path the last segment counts, blanks around it go, and accents are composed", () => {
  assert.equal(checkFileName("C:\\fakepath\\a.txt"), "a.txt");
  assert.equal(checkFileName("../../etc/passwd"), "passwd");
  assert.equal(checkFileName("folder/sub\\a.txt"), "a.txt");
  assert.equal(checkFileName(" \u00a0a b.txt \u3000"), "a b.txt");
  assert.equal(checkFileName("cafe\u0301.txt"), "caf\u00e9.txt");
});

Deno.test("names that are empty, stand for folders or cannot be seen are refused", () => {
  for (const name of ["", "   ", "a/", "a\\", "\u200b\u200d", "\ufeff", "\u2060 \u3164"]) {
    refused(name, /is empty/);
  }
  for (const name of [".", "..", "a/..", " .. ", "a\\."]) refused(name, /folder/);
});

Deno.test("control characters, text direction overrides and broken Unicode are refused, each with its reason", () => {
  for (const c of ["\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x80", "\x9f", "\u2028"]) {
    refused(`a${c}b`, /control characters/);
  }
  for (const c of ["\u202e", "\u202a", "\u2066", "\u2069"]) refused(`a${c}gpj.exe`, /direction/);
  for (const name of ["a\ud800.txt", "\udc00", "caf\ufffd.txt"]) refused(name, /Unicode/);
});

Deno.test("255 bytes in UTF-8 are the most", () => {
  assert.equal(checkFileName("中".repeat(85)), "中".repeat(85));
  refused("中".repeat(85) + "a", /255 bytes/);
  refused("x".repeat(256), /255 bytes/);
  refused("/".repeat(5000) + "a", /255 bytes/);
});

Deno.test("whatever comes in, the result is safe and unchanged by a second check, or the name is refused", () => {
  const nasty = fc.constantFrom(
    "/",
    "\\",
    ".",
    " ",
    "\0",
    "\u202e",
    "\ud800",
    "e\u0301",
    "\u212b",
    "\ufeff",
    "中",
    "a",
  );
  const names = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: nasty }),
    fc.string({ unit: "grapheme" }),
  );
  fc.assert(
    fc.property(names, (raw) => {
      let name: string;
      try {
        name = checkFileName(raw);
      } catch (error) {
        assert.ok(error instanceof Problem, String(error));
        return;
      }
      assert.equal(checkFileName(name), name);
      // deno-lint-ignore no-control-regex -- that there are none is what is shown
      assert.doesNotMatch(name, /[\u0000-\u001f\u007f-\u009f/\\\u202a-\u202e]|^\.{0,2}$|^\s|\s$/);
      assert.ok(name.isWellFormed() && new TextEncoder().encode(name).length <= 255);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("the extension is the last one, in lower case with its dot", () => {
  const table = {
    "a.PDF": ".pdf",
    "a.tar.GZ": ".gz",
    ".profile": "",
    ".a.txt": ".txt",
    "README": "",
    "a.": "",
    "..": "",
  };
  for (const [name, extension] of Object.entries(table)) assert.equal(extensionOf(name), extension, name);
  assert.equal(extensionOf("报告.Docx"), ".docx");
  assert.equal(extensionOf("v1. final draft"), "");
  assert.equal(extensionOf("..hidden.exe"), ".exe");
});
