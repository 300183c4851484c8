/** Brings the names in directories to stable storage: one sync for all who ask for the same one meanwhile. */
import { sharedRun } from "./shared_run.ts";

/** Opening costs as much as syncing. Two are in use at a time, and another pair after midnight. */
const MAX_HELD = 4;
const MAX_KNOWN = 100;

export interface DirectorySyncs {
  /** Resolves when all names that are in the directory `path` now are on stable storage. */
  sync(path: string): Promise<void>;
  close(): void;
}

/** Directories are kept open between their syncs: nobody removes one of them while the server runs. */
export function newDirectorySyncs(): DirectorySyncs {
  const runs = new Map<string, () => Promise<void>>();
  const held = new Map<string, Deno.FsFile>();
  let closed = false;

  async function run(path: string): Promise<void> {
    const handle = take(path) ?? await Deno.open(path);
    try {
      await handle.sync();
    } catch (error) {
      handle.close();
      throw error;
    }
    if (closed || held.has(path)) handle.close();
    else hold(path, handle);
  }

  function take(path: string): Deno.FsFile | undefined {
    const handle = held.get(path);
    held.delete(path);
    return handle;
  }

  function hold(path: string, handle: Deno.FsFile) {
    held.set(path, handle);
    if (held.size <= MAX_HELD) return;
    const [oldest, other] = held.entries().next().value!;
    held.delete(oldest);
    other.close();
  }

  return {
    sync(path) {
      let shared = runs.get(path);
      if (!shared) {
        if (runs.size >= MAX_KNOWN) runs.clear();
        runs.set(path, shared = sharedRun(() => run(path)));
      }
      return shared();
    },
    close() {
      closed = true;
      for (const handle of held.values()) handle.close();
      held.clear();
    },
  };
}
