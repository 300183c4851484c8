/** Lets what was sent later, on other connections, arrive first. */

export interface Overtaking {
  /**
   * To be awaited before a piece of `connection` is passed on; what it gives is to be called behind it. Every other piece
   * waits until one of another connection has overtaken it, or until none has come for a while.
   */
  turn(connection: symbol, ended: AbortSignal): Promise<() => void>;
}

/** Milliseconds that a piece waits to be overtaken. */
const PATIENCE_MS = 30;

export function newOvertaking(): Overtaking {
  let held: { connection: symbol; release: () => void } | null = null;
  return {
    async turn(connection, ended) {
      if (held && held.connection !== connection) {
        const { release } = held;
        held = null;
        return release;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const mine = held = { connection, release: resolve };
      const timer = setTimeout(resolve, PATIENCE_MS);
      ended.addEventListener("abort", () => resolve());
      await promise;
      clearTimeout(timer);
      if (held === mine) held = null;
      return () => {};
    },
  };
}
