/** The `Content-Disposition` header of downloads (RFC 6266) for names that people and attackers choose. */
import { create } from "content-disposition";

/** Longest name in bytes of UTF-8: what ext4, APFS and NTFS can all hold, with room for a browser's " (1)". */
const MAX_NAME_BYTES = 240;
const MAX_EXTENSION_BYTES = 32;

/**
 * Control characters, bidirectional marks and invisible joints: they make a name look like another one.
 * U+200D stays, since emoji are built with it.
 */
// deno-lint-ignore no-control-regex -- control characters are what no name may carry
const DECEPTIVE = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
const SEPARATORS = /[\\/]/g;

/**
 * Builds the header's value for any string, without ever throwing: `filename` in ASCII for old clients, and
 * `filename*` in UTF-8 (RFC 8187) when that says more. A name that nothing is left of becomes `download`.
 */
export function contentDisposition(type: "attachment" | "inline", fileName: string): string {
  const name = downloadName(fileName);
  // A "%41" in the plain form is decoded by some browsers, so the fallback holds no percent sign either.
  const fallback = name.replace(/[^\x20-\x7e]/gu, "_").replace(/[%"]/g, "_");
  return create(name, { type, fallback });
}

/** The name a browser is to store: well-formed, one path segment, nothing invisible, at most 240 bytes. */
export function downloadName(fileName: string): string {
  // Only as much as could remain is looked at; the tail holds the extension.
  const bounded = fileName.length <= 4096 ? fileName : fileName.slice(0, 2048) + fileName.slice(-2048);
  const clean = bounded.toWellFormed().replace(DECEPTIVE, "").replace(SEPARATORS, "_").trim();
  if (/^\.*$/.test(clean)) return "download";
  return shorten(clean);
}

function shorten(name: string): string {
  if (byteLength(name) <= MAX_NAME_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const found = dot > 0 ? name.slice(dot) : "";
  const extension = byteLength(found) <= MAX_EXTENSION_BYTES ? found : "";
  let stem = "";
  let room = MAX_NAME_BYTES - byteLength(extension);
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= byteLength(character);
    if (room < 0) break;
    stem += character;
  }
  return stem.trimEnd() + extension;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
