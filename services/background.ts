/** Work that goes on after its request was answered; a stop waits for it. */
export interface Background {
  /** Starts `task`. What it throws is handed to the reporter: nobody else would hear of it. */
  run(name: string, task: () => Promise<void>): void;
  /** Resolves when everything started so far, and what that started, has ended. */
  settled(): Promise<void>;
}

export function newBackground(report: (name: string, error: unknown) => void): Background {
  const running = new Set<Promise<void>>();
  return {
    run(name, task) {
      const done = task().catch((error) => report(name, error)).finally(() => running.delete(done));
      running.add(done);
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
