import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { contentDigests, digestHeader, reprDigests } from "../../../routes/http/digests.ts";

const refused = { name: "Problem", code: "invalid-digest" };
const digest = (algorithm: string, encoding: "hex" | "base64", text = "hello") =>
  createHash(algorithm).update(text).digest(encoding);
const content = (value: string) => contentDigests(new Headers({ "Content-Digest": value }));

Deno.test("sha-256, sha-512 and md5 are read as lower-case hex, in one header or in several lines", () => {
  const sha256 = `sha-256=:${digest("sha256", "base64")}:`;
  const sha512 = `sha-512=:${digest("sha512", "base64")}:`;
  const md5 = `md5=:${digest("md5", "base64")}:`;
  const all = { sha256: digest("sha256", "hex"), sha512: digest("sha512", "hex"), md5: digest("md5", "hex") };
  assert.deepEqual(content(`${sha256},${sha512} , ${md5}`), all);
  const lines = new Headers([["Content-Digest", sha512], ["Content-Digest", md5], [
    "Content-Digest",
    sha256,
  ]]);
  assert.deepEqual(contentDigests(lines), all);
  assert.deepEqual(content(`${sha256};weight=1`), { sha256: all.sha256 });
});

Deno.test("any SHA-256 survives being written and read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const sha256 = bytes.toHex();
      assert.deepEqual(reprDigests(new Headers({ "Repr-Digest": digestHeader(sha256) })), { sha256 });
    }),
  );
});

Deno.test("without a digest header there is nothing to check", () => {
  assert.equal(contentDigests(new Headers()), null);
  assert.equal(reprDigests(new Headers({ "Content-Digest": digestHeader(digest("sha256", "hex")) })), null);
});

Deno.test("unknown algorithms beside a known one are passed over, alone they are refused with what is supported", () => {
  const known = `sha-256=:${digest("sha256", "base64")}:`;
  assert.deepEqual(content(`crc32c=:AAAAAA==:, ${known}`), { sha256: digest("sha256", "hex") });
  assert.deepEqual(content(`constructor=:AA==:, ${known}`), { sha256: digest("sha256", "hex") });
  for (const value of ["crc32c=:AAAAAA==:", "sha=:AAAA:", "constructor=:AA==:", "__proto__x=:AA==:"]) {
    assert.throws(() => content(value), refused);
  }
  assert.throws(() => content("sha=:AAAA:"), { message: /Supported are sha-256, sha-512, md5/ });
});

Deno.test("a malformed digest header is refused, whatever is wrong with it", () => {
  const base64 = digest("sha256", "base64");
  const wrong = [
    "",
    ",",
    "sha-256",
    "sha-256=",
    `sha-256=${base64}`,
    `sha-256=:${base64}`,
    `SHA-256=:${base64}:`,
  ];
  wrong.push(`sha-256=:${base64}:,`, `sha-256=:${base64.slice(0, -1)}:`, "sha-256=::", "sha-256=:AAAA:");
  wrong.push(
    `sha-256=:${base64.replace("=", "")}!:`,
    `sha-256= :${base64}:`,
    `sha-256=:${base64}:x`,
    "?1",
    "a".repeat(5000),
  );
  wrong.push(`sha-256=:${digest("sha512", "base64")}:`, `sha-256=:${base64}:, sha-256=:${base64}:`);
  // Canonical base64 has zero pad bits; "9" keeps some.
  wrong.push(`md5=:${"A".repeat(21)}9==:`);
  for (const value of wrong) assert.throws(() => content(value), refused, value);
});

Deno.test("no header value makes the reader fail with anything but a refusal", () => {
  const tricky = fc.string({
    unit: fc.constantFrom("sha-256", "md5", "=", ":", ",", ";", " ", "A", "=="),
    maxLength: 40,
  });
  fc.assert(
    fc.property(fc.oneof(tricky, fc.string({ unit: "grapheme-ascii" })), (value) => {
      try {
        const digests = content(value);
        assert.ok(digests !== null);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "invalid-digest", String(error));
      }
    }),
  );
});

Deno.test("Content-MD5 is read and must agree with Content-Digest", () => {
  const md5 = digest("md5", "base64");
  const headers = (contentDigest?: string) =>
    new Headers({ "Content-MD5": md5, ...(contentDigest ? { "Content-Digest": contentDigest } : {}) });
  assert.deepEqual(contentDigests(headers()), { md5: digest("md5", "hex") });
  assert.deepEqual(contentDigests(headers(`md5=:${md5}:`)), { md5: digest("md5", "hex") });
  const both = contentDigests(headers(`sha-256=:${digest("sha256", "base64")}:`));
  assert.deepEqual(both, { sha256: digest("sha256", "hex"), md5: digest("md5", "hex") });
  assert.throws(() => contentDigests(headers(`md5=:${digest("md5", "base64", "other")}:`)), refused);
  for (const value of [digest("md5", "hex"), md5.slice(0, -2), `${md5}=`, "", digest("sha256", "base64")]) {
    assert.throws(() => contentDigests(new Headers({ "Content-MD5": value })), /Content-MD5/);
  }
});
