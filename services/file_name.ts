/** Names of files as people give them. A checked name is safe to store, to show and to offer for download. */
import { Buffer } from "node:buffer";
import { Problem } from "./problem.ts";

/** UTF-8 bytes, inclusive: what the usual file systems take. */
export const MAX_FILE_NAME_BYTES = 255;

/** Characters, inclusive, of a name with its path: a bound on the work before anything else is looked at. */
const MAX_RAW_LENGTH = 4096;

// deno-lint-ignore no-control-regex -- control characters (C0, DEL, C1) and line separators are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
/** Embeddings, overrides and isolates (Unicode UAX 9, 2): they make `gpj.exe` look like `exe.jpg`. */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/;
const INVISIBLE_ONLY = /^[\p{Z}\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u;

/**
 * The name to store: the last segment of a path with either separator, in NFC, without blanks around it.
 * Idempotent. Throws `Problem` `invalid-file-name` for what would mislead people or cannot be kept as it is.
 */
export function checkFileName(raw: string): string {
  if (raw.length > MAX_RAW_LENGTH) throw tooLong();
  if (!raw.isWellFormed() || raw.includes("\ufffd")) {
    throw refuse("is not valid Unicode text; send it as UTF-8");
  }
  const name = raw.normalize("NFC").split(/[/\\]/).at(-1)!.trim();
  if (CONTROL.test(name)) throw refuse("holds control characters or line breaks");
  if (BIDI.test(name)) throw refuse("holds characters that change the direction of the text");
  if (INVISIBLE_ONLY.test(name)) throw refuse("is empty");
  if (name === "." || name === "..") throw refuse("stands for a folder, not for a file");
  if (Buffer.byteLength(name) > MAX_FILE_NAME_BYTES) throw tooLong();
  return name;
}

/** The extension in lower case with its dot; "" when there is none, as in `.profile`, `README` and `draft.`. */
export function extensionOf(fileName: string): string {
  return /[^.].*(\.[^.\s]+)$/s.exec(fileName)?.[1]?.toLowerCase() ?? "";
}

function refuse(why: string, extra: Record<string, unknown> = {}): Problem {
  return new Problem("invalid-file-name", `The file name ${why}. Choose another name.`, { extra });
}

function tooLong(): Problem {
  return refuse(`is longer than ${MAX_FILE_NAME_BYTES} bytes in UTF-8`, { maxBytes: MAX_FILE_NAME_BYTES });
}
