import assert from "node:assert/strict";
import { PawlError } from "../../client/mod.ts";
import { PROBLEMS } from "../../services/problem.ts";
import { english as englishForAdmins } from "../../static/admin/words/admin_en.ts";
import { chinese as chineseForAdmins } from "../../static/admin/words/admin_zh.ts";
import { english } from "../../static/i18n/en.ts";
import { createFormat } from "../../static/i18n/format.ts";
import { problemText, type Words } from "../../static/i18n/words.ts";
import { chinese } from "../../static/i18n/zh.ts";

const LANGUAGES: Record<string, Words> = {
  en: { m: english, format: createFormat("en-US", Date.now) },
  zh: { m: chinese, format: createFormat("zh-CN", Date.now) },
};

/** Path of each sentence -> the sentence, said with something in it. */
function sentences(value: unknown, path = ""): [path: string, text: string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") {
    return /^\.all\.problems|\.inWords$/.test(path) ? [] : [[path, String(value(7, 3, 1, 2))]];
  }
  return Object.entries(Object(value)).flatMap(([name, member]) => sentences(member, `${path}.${name}`));
}

const ENGLISH = { all: english, admin: englishForAdmins };
const CHINESE = { all: chinese, admin: chineseForAdmins };

Deno.test("every sentence says something in each language, and another thing than in English", () => {
  const inEnglish = new Map(sentences(ENGLISH));
  for (const [path, text] of sentences(CHINESE)) {
    assert.ok(text.trim() !== "", path);
    assert.ok(!/undefined|NaN|\[object/.test(text), `${path}: ${text}`);
    if (/[\u4e00-\u9fff]/.test(text) || !/[a-z]/i.test(text)) continue;
    assert.equal(text, inEnglish.get(path), `${path} is in no language: ${text}`);
  }
});

Deno.test("Chinese sentences have Chinese punctuation", () => {
  for (const [path, text] of sentences(CHINESE)) assert.doesNotMatch(text, /[\u4e00-\u9fff][,:;?!]/, path);
});

Deno.test("refusals are told in words for people, whatever they carry", () => {
  const bare = (code: string) => new PawlError(code, "The server's own words.", { status: 400 });
  for (const words of Object.values(LANGUAGES)) {
    for (const code of [...Object.keys(PROBLEMS), "network", "stalled", "source-changed", "unknown"]) {
      const text = problemText(words, bare(code));
      assert.ok(text.trim() !== "" && !/undefined|null|NaN/.test(text), `${code}: ${text}`);
    }
    assert.equal(problemText(words, bare("unknown")), "The server's own words.");
    assert.equal(problemText(words, bare("toString")), "The server's own words.");
    assert.ok(problemText(words, new TypeError("x is not a function")).length > 3);
  }
});

Deno.test("a refusal names the limit and the kind of file", () => {
  const large = new PawlError("file-too-large", "", {
    status: 413,
    extra: { businessType: "Image", maxBytes: 5 * 2 ** 20 },
  });
  assert.equal(problemText(LANGUAGES.en!, large), "The file is too large: “Picture” takes up to 5 MB.");
  assert.match(problemText(LANGUAGES.zh!, large), /\u56fe\u7247.*5 MB/);
  const limit = new PawlError("bytes-per-day", "", {
    status: 429,
    extra: { max: 100 * 2 ** 20, freeAt: "2026-11-23T00:00:00Z" },
  });
  assert.match(problemText(LANGUAGES.en!, limit), /today: 100 MB\. Goes on at .*\d:\d\d/);
});

Deno.test("each code of ours that is told in words exists", () => {
  const client = [
    "network",
    "stalled",
    "unexpected-answer",
    "source-changed",
    "source-unreadable",
    "content-differs",
  ];
  const known = new Set([...Object.keys(PROBLEMS), ...client]);
  assert.deepEqual(Object.keys(english.problems).filter((code) => !known.has(code)), []);
});
