/**
 * What an upload of several files has done already, remembered until all of them are there: the same command, run
 * again after an interruption or a failure, sends only the others.
 */
import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Environment, stateDir } from "./config_dir.ts";

/** After so long without progress it is forgotten, ms. */
const REMEMBERED_MS = 7 * 24 * 3_600_000;

export interface DoneFile {
  /** Absolute. */
  path: string;
  size: number;
  modifiedMs: number;
  attachmentId: string;
}

export interface Unfinished {
  /** The attachment that this very file, unchanged, has become; null when it has not. */
  attachmentOf(file: Pick<DoneFile, "path" | "size" | "modifiedMs">): string | null;
  /** On disk when it resolves, in one line that a crash cannot tear into two. */
  done(file: DoneFile): Promise<void>;
  /** All is there. */
  forget(): Promise<void>;
}

/** `command`: all that makes it the same command, as server, paths and options. */
export async function openUnfinished(
  command: unknown,
  { env, now }: { env: Environment; now: () => number },
): Promise<Unfinished> {
  const name = createHash("sha256").update(JSON.stringify(command)).digest("hex").slice(0, 32);
  const path = join(stateDir(env), "unfinished", `${name}.jsonl`);
  const known = new Map<string, DoneFile>();
  for (const file of await readDone(path, now())) known.set(file.path, file);
  let made = known.size > 0;
  return {
    attachmentOf({ path, size, modifiedMs }) {
      const file = known.get(resolve(path));
      return file?.size === size && file.modifiedMs === modifiedMs ? file.attachmentId : null;
    },
    async done(file) {
      if (!made) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      made = true;
      await appendFile(path, JSON.stringify({ ...file, path: resolve(file.path) }) + "\n", { mode: 0o600 });
    },
    async forget() {
      if (made) await rm(path, { force: true });
    },
  };
}

async function readDone(path: string, now: number): Promise<DoneFile[]> {
  try {
    const { mtimeMs } = await stat(path);
    if (now - mtimeMs > REMEMBERED_MS) {
      await rm(path, { force: true });
      return [];
    }
    return (await readFile(path, "utf8")).split("\n").flatMap(parseDone);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** A line that was cut off by a crash says nothing. */
function parseDone(line: string): DoneFile[] {
  try {
    const file = JSON.parse(line);
    return typeof file.path === "string" && typeof file.attachmentId === "string" ? [file] : [];
  } catch {
    return [];
  }
}
