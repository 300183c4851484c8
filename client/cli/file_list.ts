/** Which files a command line names: files, whole folders, and streams. */
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

/** `path` is as the person typed it, or below a folder that they typed. */
export type Source =
  | { kind: "file"; path: string; size: number; modifiedMs: number }
  /** Standard input (`-`), a pipe or a device: read once, of unknown length. */
  | { kind: "stream"; path: string };

export interface FileList {
  sources: Source[];
  /** What lies in a folder and is no file, with the reason. */
  skipped: { path: string; why: string }[];
  /** What was named and cannot be read. */
  failed: { path: string; error: unknown }[];
}

/**
 * Folders with all below them, by name. A symbolic link that is named is followed; one inside a folder is skipped,
 * so that nothing from outside is sent and nothing goes round in circles. What is named twice is taken once.
 */
export async function listFiles(paths: readonly string[], signal: AbortSignal): Promise<FileList> {
  const list: FileList = { sources: [], skipped: [], failed: [] };
  const taken = new Set<string>();
  for (const path of paths) {
    signal.throwIfAborted();
    try {
      if (path === "-") list.sources.push({ kind: "stream", path });
      else await addPath(path, { facts: await stat(path), list, taken, signal });
    } catch (error) {
      if (signal.aborted) throw error;
      list.failed.push({ path, error });
    }
  }
  return list;
}

interface Walk {
  list: FileList;
  /** Absolute paths that are in the list. */
  taken: Set<string>;
  signal: AbortSignal;
}

async function addPath(path: string, { facts, ...walk }: Walk & { facts: Stats }): Promise<void> {
  if (facts.isDirectory()) return await addFolder(path, walk);
  const whole = resolve(path);
  if (walk.taken.has(whole)) return;
  walk.taken.add(whole);
  walk.list.sources.push(
    facts.isFile()
      ? { kind: "file", path, size: facts.size, modifiedMs: facts.mtimeMs }
      : { kind: "stream", path },
  );
}

async function addFolder(folder: string, walk: Walk): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    walk.signal.throwIfAborted();
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) walk.list.skipped.push({ path, why: "a symbolic link" });
    else if (!entry.isDirectory() && !entry.isFile()) walk.list.skipped.push({ path, why: "no file" });
    else {
      try {
        await addPath(path, { facts: await stat(path), ...walk });
      } catch (error) {
        if (walk.signal.aborted) throw error;
        walk.list.failed.push({ path, error });
      }
    }
  }
}
