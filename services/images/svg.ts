/**
 * SVG without what its drawing does not need: metadata, comments, what editors note for themselves, and the metadata
 * of pictures inside of it. Nothing else changes by a letter; nothing is drawn here.
 */
import { Buffer } from "node:buffer";
import { bytesInMemory } from "./byte_window.ts";
import { inspectImage } from "./inspect.ts";
import { unreadable } from "./inspection.ts";
import { bytesOf } from "./pieces.ts";

/** Elements that are never drawn and tell of the author, by their name without the prefix; of editors; whole names. */
const DROPPED_NAMES = new Set(["metadata"]);
const DROPPED_PREFIXES = new Set(["sodipodi", "inkscape", "rdf"]);
const DROPPED_ELEMENTS = new Set(["i:pgf", "i:aipgf", "i:aipgfRef", "x:xmpmeta"]);
/** One attribute with the blanks before it. */
const ATTRIBUTE = /\s+([^\s=/>"']+)\s*=\s*(?:"[^"]*"|'[^']*')/y;
/** Instructions that matter for showing it. */
const KEPT_INSTRUCTIONS = new Set(["xml", "xml-stylesheet"]);

const EMBEDDED = /data:image\/([\w.+-]+)(?:;[\w=-]+)*;base64,([A-Za-z0-9+/=\s]+)/g;
/** Drawings within drawings, at most. */
const MAX_DEPTH = 4;

/** Where each kind of markup that is no tag ends. */
const ENDS: [start: string, end: string][] = [["<!--", "-->"], ["<![CDATA[", "]]>"], ["<?", "?>"]];

type Cleaned = Uint8Array<ArrayBuffer> | null | "impossible";

/** null when there is nothing to remove; `impossible` for a picture inside that cannot be cleaned. */
export const cleanSvg = (bytes: Uint8Array): Promise<Cleaned> => cleanDrawing(bytes, 1);

async function cleanDrawing(bytes: Uint8Array, depth: number): Promise<Cleaned> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable("is no UTF-8");
  }
  const embedded = await cleanEmbedded(withoutNotes(text), depth);
  if (embedded === "impossible") return "impossible";
  return embedded === text ? null : new TextEncoder().encode(embedded);
}

function withoutNotes(text: string): string {
  let kept = "";
  /** How many elements are open within one that is dropped, itself included. */
  let dropped = 0;
  for (let at = 0; at < text.length;) {
    const start = text.indexOf("<", at);
    if (start === -1) return dropped === 0 ? kept + text.slice(at) : cutShort();
    if (dropped === 0) kept += text.slice(at, start);
    const end = endOfMarkup(text, start);
    const markup = text.slice(start, end);
    at = end;
    const isTag = /^<\/?[\p{L}_]/u.test(markup);
    if (!isTag) {
      if (dropped === 0 && isKept(markup)) kept += markup;
      continue;
    }
    const closes = markup.startsWith("</");
    const isEmpty = markup.endsWith("/>");
    if (dropped > 0) dropped += closes ? -1 : isEmpty ? 0 : 1;
    else if (!closes && isNote(markup)) dropped = isEmpty ? 0 : 1;
    else kept += closes ? markup : withoutEditors(markup);
  }
  return dropped === 0 ? kept : cutShort();
}

const malformed = (): never => {
  throw unreadable("is no well-formed XML");
};

const cutShort = (): never => {
  throw unreadable("is cut off: its end is missing");
};

/** A tag may hold `>` in quotes, and a document type brackets with markup of its own. */
function endOfMarkup(text: string, start: number): number {
  for (const [opening, closing] of ENDS) {
    if (!text.startsWith(opening, start)) continue;
    const end = text.indexOf(closing, start + opening.length);
    return end === -1 ? cutShort() : end + closing.length;
  }
  if (!/^<(?:\/?[\p{L}_]|!DOCTYPE\b)/iu.test(text.slice(start, start + 16))) malformed();
  let quote = "";
  let brackets = 0;
  for (let at = start + 1; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === "<" && brackets <= 0) malformed();
    if (quote !== "") {
      if (letter === quote) quote = "";
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === "[") brackets++;
    else if (letter === "]") brackets--;
    else if (letter === ">" && brackets <= 0) return at + 1;
  }
  return cutShort();
}

function isKept(markup: string): boolean {
  if (markup.startsWith("<!--")) return false;
  return !markup.startsWith("<?") || KEPT_INSTRUCTIONS.has(/^<\?([^\s?]*)/.exec(markup)![1]!);
}

const nameOf = (tag: string) => /^<([^\s/>]+)/.exec(tag)![1]!;

function isNote(tag: string): boolean {
  const name = nameOf(tag);
  const [prefix, local] = name.includes(":") ? name.split(":") as [string, string] : ["", name];
  return DROPPED_NAMES.has(local) || DROPPED_PREFIXES.has(prefix) || DROPPED_ELEMENTS.has(name);
}

/** File names, paths and versions that editors keep as attributes. */
function withoutEditors(tag: string): string {
  let kept = `<${nameOf(tag)}`;
  let at = kept.length;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(tag);
    if (!match) return kept + tag.slice(at);
    if (!DROPPED_PREFIXES.has(match[1]!.split(":")[0]!) || !match[1]!.includes(":")) kept += match[0];
    at = ATTRIBUTE.lastIndex;
  }
}

async function cleanEmbedded(text: string, depth: number): Promise<string | "impossible"> {
  let result = "";
  let done = 0;
  for (const match of text.matchAll(EMBEDDED)) {
    const [whole, subtype, base64] = match as unknown as [string, string, string];
    const picture = new Uint8Array(Buffer.from(base64, "base64"));
    const cleaned = subtype.toLowerCase() !== "svg+xml"
      ? await cleanPicture(picture)
      : depth < MAX_DEPTH
      ? await cleanDrawing(picture, depth + 1)
      : "impossible";
    if (cleaned === "impossible") return "impossible";
    if (cleaned === null) continue;
    result += text.slice(done, match.index + whole.length - base64.length) +
      Buffer.from(cleaned).toString("base64");
    done = match.index + whole.length;
  }
  return result + text.slice(done);
}

async function cleanPicture(picture: Uint8Array<ArrayBuffer>): Promise<Cleaned> {
  const inspection = await inspectImage(bytesInMemory(picture), { thorough: true });
  if (!inspection || inspection.clean === null) return null;
  if (inspection.clean === "impossible") return "impossible";
  const parts: Uint8Array[] = [];
  for await (const part of bytesOf(inspection.clean, bytesInMemory(picture))) parts.push(part.slice());
  return new Uint8Array(Buffer.concat(parts));
}
