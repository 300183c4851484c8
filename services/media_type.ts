/** Which media type a file is kept under. A hint for showing it; nothing is trusted because of it. */
import mime from "mime";
import { Problem } from "./problem.ts";

const UNKNOWN = "application/octet-stream";

/** What clients send when nobody chose a type: curl's default for bodies, and "just bytes". */
const UNCHOSEN = new Set(["", UNKNOWN, "application/x-www-form-urlencoded"]);

/** Characters, inclusive. */
const MAX_LENGTH = 255;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t \\x21-\\x7e])*"';
// Blanks after the semicolon belong to a parameter or to what follows, never to both: no catastrophic backtracking.
const PARAMETER = `[ \\t]*;(?:[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))?`;
/** RFC 9110, 8.3.1; parameters may be empty (`text/plain;`). */
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})((?:${PARAMETER})*)$`);
const CHARSET = new RegExp(`;[ \\t]*charset=(?:"(${TOKEN})"|(${TOKEN}))`, "i");

/**
 * The declared type in lower case with its charset, other parameters dropped; without a chosen type the one that
 * belongs to the file name's extension, else `application/octet-stream`.
 * Throws `Problem` `invalid-request` when the declared type is not a media type.
 */
export function mediaType(declared: string | null | undefined, fileName: string): string {
  const text = declared?.trim() ?? "";
  const [, type, parameters] = (text.length <= MAX_LENGTH && MEDIA_TYPE.exec(text)) || [];
  if (text !== "" && type === undefined) {
    throw new Problem(
      "invalid-request",
      "The content type must look like image/png. Leave it out, and it is chosen by the file name.",
    );
  }
  const essence = type?.toLowerCase() ?? "";
  if (UNCHOSEN.has(essence)) return mime.getType(fileName) ?? UNKNOWN;
  const [, quoted, plain] = CHARSET.exec(parameters ?? "") ?? [];
  const charset = (quoted ?? plain)?.toLowerCase();
  return charset === undefined ? essence : `${essence}; charset=${charset}`;
}

/** Whether `mediaType` takes it. */
export function isMediaType(text: string): boolean {
  return text.length <= MAX_LENGTH && MEDIA_TYPE.test(text.trim());
}

/** The extension that files of this type usually have, with its dot; "" when nobody knows. */
export function extensionFor(declared: string | null | undefined): string {
  const extension = mime.getExtension(declared ?? "");
  return extension ? `.${extension}` : "";
}
