/** Small files that only this person may read, replaced as a whole. */
import process from "node:process";
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const OWNER_ONLY = 0o600;

/** The text, or null when there is no such file. A file that others may read is closed to them first. */
export async function readPrivate(path: string): Promise<string | null> {
  try {
    const { mode } = await stat(path);
    // Windows has no such bits and says 0o666.
    if (process.platform !== "win32" && (mode & 0o077) !== 0) await chmod(path, OWNER_ONLY);
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Writes beside it and renames, so that a reader sees the old text or the new one. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${crypto.randomUUID()}`;
  try {
    await writeFile(draft, text, { mode: OWNER_ONLY, flag: "wx" });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
