import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { type ContentDigests, digestCheck } from "../../../services/uploads/digest_check.ts";

const hash = (algorithm: string, bytes: Uint8Array) =>
  algorithm === "crc32"
    ? crc32(bytes).toString(16).padStart(8, "0")
    : createHash(algorithm).update(bytes).digest("hex");
const ALGORITHMS = ["sha256", "sha512", "md5", "sha1", "crc32"] as const;

Deno.test("bytes match their own digests however they are cut, and any other digest is named", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
  fc.assert(
    fc.property(pieces, fc.subarray([...ALGORITHMS]), fc.boolean(), (pieces, asked, sha256Elsewhere) => {
      const whole = new Uint8Array(pieces.flatMap((piece) => [...piece]));
      const declared: ContentDigests = Object.fromEntries(asked.map((name) => [name, hash(name, whole)]));
      const check = (digests: ContentDigests) => {
        const check = digestCheck(digests, { sha256Elsewhere });
        for (const piece of pieces) check.update(piece);
        return check.mismatch(sha256Elsewhere ? hash("sha256", whole) : undefined);
      };
      assert.equal(check(declared), null);
      for (const name of asked) {
        const wrong = hash(name, new Uint8Array([...whole, 1]));
        const sentence = check({ ...declared, [name]: wrong });
        assert.ok(sentence?.includes(wrong) && sentence.includes(hash(name, whole)), String(sentence));
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("bytes may be overwritten after they were given", () => {
  const buffer = new Uint8Array([1, 2, 3]);
  const check = digestCheck({ md5: hash("md5", buffer) });
  check.update(buffer);
  buffer.fill(0);
  assert.equal(check.mismatch(), null);
});

Deno.test("a SHA-256 computed elsewhere may not be forgotten", () => {
  const check = digestCheck({ sha256: "00" }, { sha256Elsewhere: true });
  assert.throws(() => check.mismatch(), TypeError);
});
