/** What tells browsers, Deno and Node apart: the few things that are not everywhere. */

interface ProcessLike {
  getBuiltinModule?: (name: string) => unknown;
  versions?: { node?: string };
}

/** A module of Node's own, as Deno has them too; null in browsers. Bundlers see no import. */
export function nodeModule<T>(name: string): T | null {
  const { process } = globalThis as { process?: ProcessLike };
  if (!process?.versions?.node || !process.getBuiltinModule) return null;
  return (process.getBuiltinModule(name) ?? null) as T | null;
}

/** What browsers know of the line. `navigator.onLine` is to be believed only when it is false. */
export interface Line {
  isOffline(): boolean;
  /** Calls `listener` whenever the browser thinks that it is online again; gives what ends that. */
  onOnline(listener: () => void): () => void;
}

export const systemLine: Line = {
  isOffline: () => (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false,
  onOnline(listener) {
    if (typeof globalThis.addEventListener !== "function" || nodeModule("node:process")) return () => {};
    globalThis.addEventListener("online", listener);
    return () => globalThis.removeEventListener("online", listener);
  },
};
