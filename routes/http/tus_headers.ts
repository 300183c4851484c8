/** Reads the headers of tus 1.0.0 (tus.io/protocols/resumable-upload). Pure; a refusal is a `Problem`. */
import { Buffer } from "node:buffer";
import { Problem } from "../../services/problem.ts";
import type { ContentDigests } from "../../services/uploads/digest_check.ts";
import { integerHeader, singleHeader } from "./header_values.ts";

export const TUS_VERSION = "1.0.0";
export const OFFSET_BYTES = "application/offset+octet-stream";
/** As announced. The digest of crc32 is its four bytes, the most significant first. */
export const CHECKSUM_ALGORITHMS = ["sha1", "sha256", "sha512", "md5", "crc32"] as const;

/** `Upload-Metadata`: what is sent back, and the values as text. */
export interface UploadMetadata {
  /** As it came; printable ASCII, so that it may go into a header. null: there is none. */
  header: string | null;
  values: Map<string, string>;
}

const METADATA_PAIR =
  /^([\x21-\x2b\x2d-\x7e]+)(?: *| +((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?))$/;

/** Throws `invalid-header` for a key that comes twice or a value that is not base64. Bytes that are no UTF-8 become U+FFFD. */
export function uploadMetadata(headers: Headers): UploadMetadata {
  const header = headers.get("Upload-Metadata")?.trim() || null;
  const values = new Map<string, string>();
  for (const text of header?.split(",") ?? []) {
    const [, key, base64 = ""] = METADATA_PAIR.exec(text.trim()) ?? [];
    if (key === undefined) {
      throw invalid("Upload-Metadata", "must be pairs of a key and a value in base64, separated by commas");
    }
    if (values.has(key)) throw invalid("Upload-Metadata", "names a key twice");
    values.set(key, Buffer.from(base64, "base64").toString());
  }
  return { header, values };
}

/** `Upload-Length` of a creation; null when it is deferred. Throws unless exactly one of the two is said. */
export function declaredLength(headers: Headers): number | null {
  const length = integerHeader(headers, "Upload-Length");
  const defer = singleHeader(headers, "Upload-Defer-Length");
  if (defer !== null && defer !== "1") throw invalid("Upload-Defer-Length", "must be 1");
  if ((length === null) === (defer === null)) {
    throw new Problem("invalid-header", "Send either Upload-Length or Upload-Defer-Length: 1.");
  }
  return length;
}

/** `Upload-Offset`, which must be there. */
export function uploadOffset(headers: Headers): number {
  const offset = integerHeader(headers, "Upload-Offset");
  if (offset === null) throw invalid("Upload-Offset", "is missing; it says where the bytes go");
  return offset;
}

export type UploadConcat = { kind: "partial" } | { kind: "final"; urls: string[]; header: string };

/** `Upload-Concat`; null when it is absent. */
export function uploadConcat(headers: Headers): UploadConcat | null {
  const header = headers.get("Upload-Concat")?.trim() ?? null;
  if (header === null) return null;
  if (header === "partial") return { kind: "partial" };
  const [, list] = /^final;([\x20-\x7e]*)$/.exec(header) ?? [];
  if (list === undefined) {
    throw invalid("Upload-Concat", "must be `partial` or `final;` with a list of uploads");
  }
  return { kind: "final", urls: list.split(" ").filter((url) => url !== ""), header };
}

/**
 * The id that an address in `Upload-Concat` names: an address relative to `base`, or an absolute one of one of the
 * `hosts` (with port). Throws `invalid-header` for any other.
 */
export function uploadIdOf(
  address: string,
  { base, hosts, folder }: { base: string; hosts: readonly string[]; folder: string },
): string {
  const url = URL.parse(address, base);
  const path = url?.pathname ?? "";
  const id = path.startsWith(folder + "/") ? path.slice(folder.length + 1) : "";
  if (!url || !/^https?:$/.test(url.protocol) || !hosts.includes(url.host) || id === "" || id.includes("/")) {
    throw invalid("Upload-Concat", "names something else than uploads of this server");
  }
  return id;
}

/** `Upload-Checksum` of the body. A digest of a wrong length is one that does not match. */
export function uploadChecksum(headers: Headers): ContentDigests {
  const value = singleHeader(headers, "Upload-Checksum");
  if (value === null) return {};
  const [, name, base64] = /^(\S+) +([A-Za-z0-9+/]+={0,2})$/.exec(value) ?? [];
  if (name === undefined || base64 === undefined) {
    throw new Problem(
      "invalid-digest",
      "The header Upload-Checksum must be the name of an algorithm, a blank, and the digest in base64.",
    );
  }
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name);
  if (algorithm === undefined) {
    throw new Problem(
      "invalid-digest",
      `The header Upload-Checksum names an algorithm that is not known here. Supported are ${
        CHECKSUM_ALGORITHMS.join(", ")
      }.`,
    );
  }
  return { [algorithm]: Buffer.from(base64, "base64").toString("hex") };
}

function invalid(name: string, why: string): Problem {
  return new Problem("invalid-header", `The header ${name} ${why}.`);
}
