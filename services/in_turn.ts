/**
 * Runs what has the same key one after the other, what has different ones side by side. Within this process it
 * spares commits that many make to one record their conflicts; right they are without it.
 */
export type InTurn = <T>(key: string, run: () => Promise<T>) => Promise<T>;

export function newInTurn(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return async (key, run) => {
    const before = last.get(key);
    const done = before ? before.then(run, run) : run();
    last.set(key, done);
    try {
      return await done;
    } finally {
      if (last.get(key) === done) last.delete(key);
    }
  };
}
