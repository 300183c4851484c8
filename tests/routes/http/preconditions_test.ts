import assert from "node:assert/strict";
import fc from "fast-check";
import { formatHttpDate } from "../../../routes/http/http_date.ts";
import { evaluatePreconditions, type Precondition } from "../../../routes/http/preconditions.ts";

const modified = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const now = Date.UTC(2026, 10, 22);
const etag = '"abc"';
const same = formatHttpDate(modified);
const before = formatHttpDate(modified - 1000);
const after = formatHttpDate(modified + 1000);

function short(outcome: Precondition): string {
  if (outcome.kind === "failed") return `412 ${outcome.header}`;
  return outcome.kind === "not-modified" ? "304" : outcome.rangeApplies ? "range" : "whole";
}

function evaluate(
  headers: Record<string, string>,
  options: { method?: string; etag?: string; now?: number } = {},
) {
  return short(evaluatePreconditions(
    { method: options.method ?? "GET", headers: new Headers(headers) },
    { etag: options.etag ?? etag, lastModified: modified },
    { now: options.now ?? now },
  ));
}

const range = { range: "bytes=0-1" };

const CASES: [headers: Record<string, string>, expected: string, options?: Parameters<typeof evaluate>[1]][] =
  [
    [{}, "whole"],
    [range, "range"],
    [range, "whole", { method: "HEAD" }],
    // If-Match: strong comparison
    [{ "if-match": '"abc"' }, "whole"],
    [{ "if-match": "*" }, "whole"],
    [{ "if-match": '"x", "abc"' }, "whole"],
    [{ "if-match": '"x","abc","y"' }, "whole"],
    [{ "if-match": ', ,"x",\t"abc" ,' }, "whole"],
    [{ "if-match": '"a,b", "abc"' }, "whole"],
    [{ "if-match": '"x"' }, "412 If-Match"],
    [{ "if-match": 'W/"abc"' }, "412 If-Match"],
    [{ "if-match": '"abc"' }, "412 If-Match", { etag: 'W/"abc"' }],
    [{ "if-match": 'W/"abc"' }, "412 If-Match", { etag: 'W/"abc"' }],
    [{ "if-match": '"x"', ...range }, "412 If-Match"],
    [{ "if-match": '"x"' }, "412 If-Match", { method: "HEAD" }],
    // what is no list of tags matches nothing
    [{ "if-match": "" }, "412 If-Match"],
    [{ "if-match": "abc" }, "412 If-Match"],
    [{ "if-match": '"abc' }, "412 If-Match"],
    [{ "if-match": 'abc"' }, "412 If-Match"],
    [{ "if-match": '*, "x"' }, "412 If-Match"],
    [{ "if-match": '"x" "abc"' }, "412 If-Match"],
    [{ "if-match": 'w/"abc"' }, "412 If-Match"],
    [{ "if-match": '"a bc", "abc"' }, "412 If-Match"],
    [{ "if-match": '"abc", oops' }, "whole"],
    // If-Unmodified-Since
    [{ "if-unmodified-since": same }, "whole"],
    [{ "if-unmodified-since": after }, "whole"],
    [{ "if-unmodified-since": before }, "412 If-Unmodified-Since"],
    [{ "if-unmodified-since": before, ...range }, "412 If-Unmodified-Since"],
    [{ "if-unmodified-since": before }, "412 If-Unmodified-Since", { method: "HEAD" }],
    [{ "if-unmodified-since": "yesterday" }, "whole"],
    [{ "if-unmodified-since": `${before}, ${before}` }, "whole"],
    [{ "if-unmodified-since": before, "if-match": '"abc"' }, "whole"],
    // Unless-Modified-Since of old download managers
    [{ "unless-modified-since": same, ...range }, "range"],
    [{ "unless-modified-since": before }, "412 Unless-Modified-Since"],
    [{ "unless-modified-since": before }, "412 Unless-Modified-Since", { method: "HEAD" }],
    [{ "unless-modified-since": before, ...range }, "whole"],
    [{ "unless-modified-since": before, ...range }, "whole", { method: "HEAD" }],
    [{ "unless-modified-since": before, ...range, "if-range": etag }, "whole"],
    [{ "unless-modified-since": before, "if-unmodified-since": same, ...range }, "whole"],
    [{ "unless-modified-since": same, "if-unmodified-since": before, ...range }, "412 If-Unmodified-Since"],
    [{ "unless-modified-since": before, "if-match": '"abc"', ...range }, "range"],
    [{ "unless-modified-since": "never", ...range }, "range"],
    // If-None-Match: weak comparison
    [{ "if-none-match": '"abc"' }, "304"],
    [{ "if-none-match": 'W/"abc"' }, "304"],
    [{ "if-none-match": '"abc"' }, "304", { etag: 'W/"abc"' }],
    [{ "if-none-match": '"x", W/"abc"' }, "304"],
    [{ "if-none-match": "*" }, "304"],
    [{ "if-none-match": '"abc"' }, "304", { method: "HEAD" }],
    [{ "if-none-match": '"abc"', ...range }, "304"],
    [{ "if-none-match": '"x"' }, "whole"],
    [{ "if-none-match": "abc" }, "whole"],
    [{ "if-none-match": '"abc"' }, "412 If-None-Match", { method: "PUT" }],
    // If-Modified-Since
    [{ "if-modified-since": same }, "304"],
    [{ "if-modified-since": after }, "304"],
    [{ "if-modified-since": before }, "whole"],
    [{ "if-modified-since": same }, "304", { method: "HEAD" }],
    [{ "if-modified-since": same }, "whole", { method: "POST" }],
    [{ "if-modified-since": same, ...range }, "304"],
    [{ "if-modified-since": "0" }, "whole"],
    [{ "if-modified-since": "Friday, 02-Jan-26 03:04:05 GMT" }, "304"],
    [{ "if-modified-since": "Fri Jan  2 03:04:05 2026" }, "304"],
    [{ "if-modified-since": same, "if-none-match": '"x"' }, "whole"],
    [{ "if-modified-since": before, "if-none-match": '"abc"' }, "304"],
    // If-Range
    [{ "if-range": '"abc"', ...range }, "range"],
    [{ "if-range": '"x"', ...range }, "whole"],
    [{ "if-range": 'W/"abc"', ...range }, "whole"],
    [{ "if-range": 'W/"abc"', ...range }, "whole", { etag: 'W/"abc"' }],
    [{ "if-range": '"abc", "x"', ...range }, "whole"],
    [{ "if-range": "*", ...range }, "whole"],
    [{ "if-range": "", ...range }, "whole"],
    [{ "if-range": "abc", ...range }, "whole"],
    [{ "if-range": '"x"' }, "whole"],
    [{ "if-range": same, ...range }, "range"],
    [{ "if-range": before, ...range }, "whole"],
    [{ "if-range": after, ...range }, "whole"],
    [{ "if-range": "Fri Jan  2 03:04:05 2026", ...range }, "range"],
    [{ "if-range": same, ...range }, "whole", { now: modified }],
    [{ "if-range": same, ...range }, "whole", { now: Math.floor(modified / 1000) * 1000 + 999 }],
    [{ "if-range": same, ...range }, "range", { now: Math.floor(modified / 1000) * 1000 + 1000 }],
  ];

for (const [headers, expected, options = {}] of CASES) {
  const name = Object.entries(headers).map(([key, value]) => `${key}: ${value}`).join("; ");
  Deno.test(`[${name}] ${JSON.stringify(options)} -> ${expected}`, () => {
    assert.equal(evaluate(headers, options), expected);
  });
}

Deno.test("all combinations of conditions follow the order of RFC 9110 section 13.2.2", () => {
  const values = {
    "if-match": [null, etag, '"x"'],
    "if-unmodified-since": [null, same, before],
    "if-none-match": [null, '"x"', etag],
    "if-modified-since": [null, before, same],
    "if-range": [null, etag, '"x"'],
    "range": [null, "bytes=0-1"],
  };
  // 0: absent, 1: the condition is true, 2: it is false; numbered as the steps of the section.
  const expected = (choice: Record<string, number>, method: string): string => {
    const step1 = choice["if-match"]!;
    const step2 = choice["if-unmodified-since"]!;
    const step3 = choice["if-none-match"]!;
    const step4 = choice["if-modified-since"]!;
    if (step1 === 2) return "412 If-Match";
    if (step1 === 0 && step2 === 2) return "412 If-Unmodified-Since";
    if (step3 === 2) return "304";
    if (step3 === 0 && step4 === 2) return "304";
    return method === "GET" && choice["range"] === 1 && choice["if-range"] !== 2 ? "range" : "whole";
  };
  let combinations: Record<string, number>[] = [{}];
  for (const [name, list] of Object.entries(values)) {
    combinations = combinations.flatMap((one) => list.map((_, index) => ({ ...one, [name]: index })));
  }
  assert.equal(combinations.length, 3 ** 5 * 2);
  for (const choice of combinations) {
    const headers = Object.fromEntries(
      Object.entries(values).map(([name, list]) => [name, list[choice[name]!] ?? null])
        .filter(([, value]) => value !== null),
    ) as Record<string, string>;
    for (const method of ["GET", "HEAD"]) {
      assert.equal(
        evaluate(headers, { method }),
        expected(choice, method),
        JSON.stringify({ method, headers }),
      );
    }
  }
});

Deno.test("any text in any conditional header gives an outcome", () => {
  const names = [
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "unless-modified-since",
    "if-range",
  ];
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('"', "W/", ",", " ", "a", "*", "\\") }),
  );
  fc.assert(fc.property(fc.constantFrom(...names), text, (name, value) => {
    const headers = {
      get: (asked: string) => asked === name ? value : asked === "range" ? "bytes=0-1" : null,
    };
    const outcome = evaluatePreconditions({ method: "GET", headers }, { etag, lastModified: modified }, {
      now,
    });
    assert.ok(["perform", "not-modified", "failed"].includes(outcome.kind));
  }));
});

Deno.test("any list of entity tags matches exactly when the tag is in it", () => {
  const tag = fc.string({ unit: fc.constantFrom("a", "b", ",", "\\", "/", "W", "\u00e9"), maxLength: 3 });
  fc.assert(fc.property(fc.array(tag, { minLength: 1, maxLength: 5 }), tag, (list, current) => {
    const field = list.map((one) => `"${one}"`).join(", ");
    const outcome = evaluate({ "if-match": field }, { etag: `"${current}"` });
    assert.equal(outcome, list.includes(current) ? "whole" : "412 If-Match");
  }));
});

Deno.test("megabytes of hostile entity tags are decided, which quadratic time would not let end", () => {
  const n = 2_000_000;
  for (const filling of ['"', "W/", 'W/"', ",", " ", '"a",', '"a" ', '""']) {
    const value = filling.repeat(n / filling.length) + "x";
    for (const name of ["if-match", "if-none-match", "if-range"]) {
      const headers = {
        get: (asked: string) => asked === name ? value : asked === "range" ? "bytes=0-1" : null,
      };
      const outcome = short(
        evaluatePreconditions({ method: "GET", headers }, { etag, lastModified: modified }, { now }),
      );
      assert.equal(
        outcome,
        { "if-match": "412 If-Match", "if-none-match": "range", "if-range": "whole" }[name],
      );
    }
  }
});
