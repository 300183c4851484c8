/** What pausing closes. */

export interface Gate {
  readonly closed: boolean;
  open(): void;
  close(): void;
  /** Resolves while it is open; rejects with the signal's reason. */
  opened(signal: AbortSignal): Promise<void>;
  /** Calls `listener` after each change; gives what ends that. */
  onChange(listener: () => void): () => void;
}

export function newGate(): Gate {
  let closed = false;
  const listeners = new Set<() => void>();

  function set(next: boolean) {
    if (closed === next) return;
    closed = next;
    for (const listener of [...listeners]) listener();
  }
  function onChange(listener: () => void) {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  return {
    get closed() {
      return closed;
    },
    open: () => set(false),
    close: () => set(true),
    onChange,
    opened: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (!closed) return resolve();
        const end = (settle: () => void) => {
          off();
          signal.removeEventListener("abort", stop);
          settle();
        };
        const stop = () => end(() => reject(signal.reason));
        const off = onChange(() => closed || end(resolve));
        signal.addEventListener("abort", stop, { once: true });
      }),
  };
}
