import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseCoding, type ContentCoding } from "../../../routes/http/content_encoding.ts";

const ALL = new Set<ContentCoding>(["identity", "gzip", "br"]);

Deno.test("the coding that is liked best goes out, the smaller one of two that are liked alike", () => {
  const cases: [string | undefined, ContentCoding][] = [
    [undefined, "identity"],
    ["", "identity"],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip", "gzip"],
    ["GZIP", "gzip"],
    ["gzip, br;q=0.5", "gzip"],
    ["br;q=0, gzip;q=0.1", "gzip"],
    ["*", "br"],
    ["*, br;q=0", "gzip"],
    ["*;q=0", "identity"],
    ["identity, gzip;q=0.5", "identity"],
    ["identity;q=0, gzip;q=0.001", "gzip"],
    ["identity;q=0", "identity"],
    ["gzip;q=x", "identity"],
    ["gzip;q=2", "identity"],
    ["gzip ; q=1.000 , br ; q=0.999", "gzip"],
    ["zstd", "identity"],
  ];
  for (const [header, expected] of cases) assert.equal(chooseCoding(header, ALL), expected, header);
});

Deno.test("whatever is asked for, what is chosen exists and was not refused", () => {
  fc.assert(fc.property(
    fc.string({ maxLength: 60 }),
    fc.subarray<ContentCoding>(["gzip", "br"]),
    (header, some) => {
      const available = new Set<ContentCoding>(["identity", ...some]);
      const coding = chooseCoding(header, available);
      assert.ok(available.has(coding));
      if (coding !== "identity") assert.ok(/\*|gzip|br/i.test(header));
    },
  ));
});
