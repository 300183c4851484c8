/** Is it text? And is it SVG? Judged by the beginning and the end of a file. Pure. */

/** Control characters that text may hold: tab, line feed, form feed, carriage return, escape of terminals. */
const ALLOWED_CONTROLS = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);

export type Encoding = "utf-16le" | "utf-16be" | "other";

/** By the mark at the beginning of a file. */
export function encodingOf(head: Uint8Array): Encoding {
  return hasMark(head, [0xff, 0xfe]) ? "utf-16le" : hasMark(head, [0xfe, 0xff]) ? "utf-16be" : "other";
}

/**
 * Text in UTF-16, or in UTF-8 and any encoding that leaves ASCII as it is (GBK, Big5, Shift JIS, Latin 1): no zero
 * bytes and no other control characters. `bytes` begin at an even place of the file.
 */
export function isText(bytes: Uint8Array, encoding: Encoding): boolean {
  if (encoding !== "other") return isUtf16(bytes, encoding);
  return bytes.every((byte) => byte >= 0x20 ? byte !== 0x7f : ALLOWED_CONTROLS.has(byte));
}

function isUtf16(bytes: Uint8Array, encoding: Encoding): boolean {
  const little = encoding === "utf-16le";
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const unit = little ? bytes[at]! | bytes[at + 1]! << 8 : bytes[at]! << 8 | bytes[at + 1]!;
    if (unit < 0x20 && !ALLOWED_CONTROLS.has(unit)) return false;
  }
  return true;
}

const hasMark = (bytes: Uint8Array, mark: number[]) => mark.every((byte, at) => bytes[at] === byte);

/**
 * The name of an XML document's root element without its prefix, in lower case; null for what is not XML, and for a
 * document that declares entities: expanding these can take all memory of whoever shows it.
 */
export function xmlRoot(head: Uint8Array): string | null {
  let rest = decode(head).replace(/^\uFEFF/, "").trimStart();
  for (;;) {
    const before = rest.length;
    rest = afterMisc(rest).trimStart();
    if (rest.length === before) break;
  }
  const doctype = /^<!DOCTYPE\b[^>[]*(\[[^\]]*\])?\s*>/i.exec(rest);
  if (doctype) {
    if (/<!ENTITY/i.test(doctype[1] ?? "")) return null;
    rest = afterMisc(rest.slice(doctype[0].length).trimStart()).trimStart();
  }
  return /^<(?:[\w.-]+:)?([\w.-]+)[\s/>]/.exec(rest)?.[1]?.toLowerCase() ?? null;
}

/** Without one comment or processing instruction at the start. */
function afterMisc(text: string): string {
  for (const [open, close] of [["<?", "?>"], ["<!--", "-->"]] as const) {
    if (!text.startsWith(open)) continue;
    const end = text.indexOf(close, open.length);
    return end < 0 ? "" : text.slice(end + close.length);
  }
  return text;
}

function decode(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  return new TextDecoder(encoding === "other" ? "utf-8" : encoding).decode(bytes);
}
