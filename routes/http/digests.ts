/** Reads and writes digest headers: Content-Digest and Repr-Digest (RFC 9530), Content-MD5 (RFC 1864). Pure. */
import { Buffer } from "node:buffer";
import { Problem } from "../../services/problem.ts";
import type { ContentDigests } from "../../services/uploads/digest_check.ts";
import { singleHeader } from "./header_values.ts";

const SUPPORTED: Record<string, { name: keyof ContentDigests; bytes: number }> = {
  "sha-256": { name: "sha256", bytes: 32 },
  "sha-512": { name: "sha512", bytes: 64 },
  "md5": { name: "md5", bytes: 16 },
};

/** One dictionary member whose value is a byte sequence (RFC 8941, 3.2 and 3.3.5); parameters are passed over. */
const MEMBER = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):(?:[ ]*;[^,]*)?$/;

/** Longer than any sensible header with a few digests, in characters. */
const MAX_LENGTH = 1024;

/**
 * The digests of this request's body, from Content-Digest and Content-MD5 together; null when neither is given.
 * Throws `Problem` `invalid-digest` when a header is malformed, when the two contradict each other, or when
 * every algorithm named is one that cannot be checked here.
 */
export function contentDigests(headers: Headers): ContentDigests | null {
  const digests = parseDigestHeader(headers, "Content-Digest");
  const md5 = contentMd5(headers);
  if (md5 === null) return digests;
  if (digests?.md5 !== undefined && digests.md5 !== md5) {
    throw new Problem(
      "invalid-digest",
      "Content-Digest and Content-MD5 name different MD5 digests. Send one of them.",
    );
  }
  return { ...digests, md5 };
}

/** The digests of the whole file from Repr-Digest; null when absent. Throws like `contentDigests`. */
export function reprDigests(headers: Headers): ContentDigests | null {
  return parseDigestHeader(headers, "Repr-Digest");
}

/** The value of a Content-Digest or Repr-Digest header for a SHA-256 in hex. */
export function digestHeader(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`;
}

function parseDigestHeader(headers: Headers, name: string): ContentDigests | null {
  const value = headers.get(name)?.trim();
  if (value === undefined) return null;
  if (value === "" || value.length > MAX_LENGTH) throw malformed(name);
  const digests: ContentDigests = {};
  for (const text of value.split(",")) {
    const [, key, base64] = MEMBER.exec(text.trim()) ?? [];
    if (key === undefined || base64 === undefined) throw malformed(name);
    // `Object.hasOwn`, because a client may well send `constructor=:AA==:`.
    const algorithm = Object.hasOwn(SUPPORTED, key) ? SUPPORTED[key] : undefined;
    if (algorithm === undefined) continue;
    if (digests[algorithm.name] !== undefined) {
      throw new Problem("invalid-digest", `The header ${name} names ${key} twice. Send each algorithm once.`);
    }
    const hex = decode(base64, algorithm.bytes);
    if (hex === null) {
      throw new Problem(
        "invalid-digest",
        `In the header ${name} the ${key} must be ${algorithm.bytes} bytes in base64.`,
      );
    }
    digests[algorithm.name] = hex;
  }
  if (Object.keys(digests).length === 0) {
    throw new Problem(
      "invalid-digest",
      `The header ${name} names no algorithm that can be checked here. Supported are ${
        Object.keys(SUPPORTED).join(", ")
      }.`,
    );
  }
  return digests;
}

function contentMd5(headers: Headers): string | null {
  const base64 = singleHeader(headers, "Content-MD5");
  if (base64 === null) return null;
  const hex = decode(base64, 16);
  if (hex !== null) return hex;
  throw new Problem(
    "invalid-digest",
    "The header Content-MD5 must be the 16 bytes of the MD5 in base64 (24 characters).",
  );
}

/** Lower-case hex of canonical base64 (RFC 4648, 4) that stands for exactly `bytes` bytes, else null. */
function decode(base64: string, bytes: number): string | null {
  const decoded = Buffer.from(base64, "base64");
  return decoded.length === bytes && decoded.toString("base64") === base64 ? decoded.toString("hex") : null;
}

function malformed(name: string): Problem {
  return new Problem("invalid-digest", `The header ${name} must look like this: ${name}: sha-256=:<base64>:`);
}
