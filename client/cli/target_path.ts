/** Where a download goes: a name that the server chose becomes one in the person's folder, and nowhere else. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, parse } from "node:path";
import { safeName } from "../saved_name.ts";
import { CommandError } from "./failure.ts";

/** The path for a file that the server calls `serverName`: `output` is a path, a folder, or null for the current folder. */
export async function targetPath(output: string | null, serverName: string): Promise<string> {
  if (output === null) return safeName(serverName);
  const folder = /[/\\]$/.test(output) || await isFolder(output);
  if (folder && !(await isFolder(output))) {
    throw new CommandError("failure", `${output}: there is no such folder.`);
  }
  return folder ? join(output, safeName(serverName)) : output;
}

/**
 * `path`, or with ` (2)` and so on before its extension when `taken` holds it: two files of one name fetched at once.
 * Case does not count, as on many file systems. Adds what it gives to `taken`.
 */
export function untaken(path: string, taken: Set<string>): string {
  const { dir, name, ext } = parse(path);
  let free = path;
  for (let number = 2; taken.has(free.toLowerCase()); number++) free = join(dir, `${name} (${number})${ext}`);
  taken.add(free.toLowerCase());
  return free;
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
