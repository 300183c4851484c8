/**
 * Files with the same content get the same session from the server. The later one steps back until the first is
 * stored, and is then stored at once, under its own name.
 */
export interface Twins {
  /** `id` waits for the end of `first`. */
  stepBack(id: number, first: number): void;
  isBehind(id: number): boolean;
  /** Whether others wait for it. */
  isFirst(id: number): boolean;
  /** It waits for nothing any more, and nothing waits for it. */
  ended(id: number): void;
}

export function createTwins(): Twins {
  const firstOf = new Map<number, number>();
  return {
    stepBack: (id, first) => void firstOf.set(id, first),
    isBehind: (id) => firstOf.has(id),
    isFirst: (id) => [...firstOf.values()].includes(id),
    ended(id) {
      firstOf.delete(id);
      for (const [waiting, first] of [...firstOf]) if (first === id) firstOf.delete(waiting);
    },
  };
}
