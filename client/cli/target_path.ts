/** Where a download goes: a name that the server chose becomes one in the person's folder, and nowhere else. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "./failure.ts";

/** What file systems take, less room for `.part` and what lies beside it. */
const MAX_NAME_BYTES = 240;
const MAX_EXTENSION_BYTES = 32;

/** Control characters, and what hides or turns writing: they make a name look like another one. U+200D joins emoji and stays. */
const DECEPTIVE =
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]/g;
/** Separators, and what Windows takes for a stream, a wildcard or a pipe. */
const FORBIDDEN = /[\\/:*?"<>|]/g;
/** Devices of Windows, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * One harmless path segment from any text: no separator, not hidden (a server cannot plant a `.bashrc`), nothing
 * invisible, at most 240 bytes. Pure; a name that nothing is left of becomes `download`.
 */
export function safeFileName(name: string): string {
  const bounded = name.length <= 4096 ? name : name.slice(0, 2048) + name.slice(-2048);
  const clean = bounded.toWellFormed().normalize("NFC").replace(DECEPTIVE, "").replace(FORBIDDEN, "_")
    .trim().replace(/[. ]+$/, "").replace(/^\.+/, "_");
  if (/^_?$/.test(clean)) return "download";
  return shorten(DEVICE.test(clean) ? `_${clean}` : clean);
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const found = dot > 0 ? name.slice(dot) : "";
  const extension = Buffer.byteLength(found) <= MAX_EXTENSION_BYTES ? found : "";
  let stem = "";
  let room = MAX_NAME_BYTES - Buffer.byteLength(extension);
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    stem += character;
  }
  return stem.trimEnd() + extension;
}

/** The path for a file that the server calls `serverName`: `output` is a path, a folder, or null for the current folder. */
export async function targetPath(output: string | null, serverName: string): Promise<string> {
  if (output === null) return safeFileName(serverName);
  const folder = /[/\\]$/.test(output) || await isFolder(output);
  if (folder && !(await isFolder(output))) {
    throw new CommandError("failure", `${output}: there is no such folder.`);
  }
  return folder ? join(output, safeFileName(serverName)) : output;
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/** What is at `path` already: nothing, the very content, or something else. Reads the file only when its size is right. */
export async function compareExisting(
  path: string,
  expected: { size: number; sha256: string },
): Promise<"absent" | "same" | "other"> {
  try {
    const facts = await stat(path);
    if (!facts.isFile() || facts.size !== expected.size) return "other";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "absent";
    throw error;
  }
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(piece);
  return hash.digest("hex") === expected.sha256 ? "same" : "other";
}
