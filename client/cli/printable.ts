/** Text of others (names of files, messages of a server) made safe for a terminal. */

/**
 * Control characters (C0, DEL, C1: a terminal obeys them), line and paragraph separators, and what turns the
 * direction of writing (UAX 9): it makes `gpj.exe` look like `exe.jpg`.
 */
// deno-lint-ignore no-control-regex -- these are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The same text with each unsafe character shown as `\u001b`. */
export function printable(text: string): string {
  return text.toWellFormed().replace(UNSAFE, escape);
}

/** JSON on one line, which stays the same value for a program and is safe to look at. */
export function printableJson(value: unknown): string {
  // JSON.stringify escapes C0 itself; all that is left stands inside strings, where an escape means the same.
  return JSON.stringify(value).replace(UNSAFE, escape);
}

function escape(character: string): string {
  return "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
}
