/**
 * Group commit: callers that ask while a run is going on share the next one, because the one going on may have
 * begun before what they need to see done.
 */
export function sharedRun(run: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  async function start(): Promise<void> {
    try {
      await run();
    } finally {
      current = null;
    }
  }

  return () => {
    if (!current) return current = start();
    return next ??= current.catch(() => {}).then(() => {
      next = null;
      return current = start();
    });
  };
}
