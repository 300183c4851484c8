/** Time as an argument, and waits that can be cut short. */

export interface Clock {
  /** Milliseconds that only go forward. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
  /** Resolves after `ms`. Rejects with the signal's reason as soon as it is aborted. */
  delay(ms: number, signal: AbortSignal): Promise<void>;
}

/** The runtime's own. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  delay: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", stop);
        resolve();
      }, ms);
      signal.addEventListener("abort", stop, { once: true });
    }),
};

/** A controller that is aborted with its parent; `release` lets go of the parent. */
export interface ChildAbort {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  release(): void;
}

/** `AbortSignal.any` without the runtimes that lack it, and without what it leaves on a long-lived parent. */
export function childAbort(parent: AbortSignal | undefined): ChildAbort {
  const controller = new AbortController();
  const follow = () => controller.abort(parent!.reason);
  if (parent?.aborted) follow();
  else parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent?.removeEventListener("abort", follow),
  };
}

/** Waiters that somebody else can wake before their time. */
export interface Sleepers {
  /** Resolves after `ms` or when woken; rejects with the signal's reason. `firm`: good news alone does not wake it. */
  sleep(ms: number, options: { signal: AbortSignal; clock: Clock; firm?: boolean }): Promise<void>;
  /** Wakes everybody: a person wants to go on, or the line is back. */
  wake(): void;
  /** Something has succeeded; wakes those who wait because nothing did. */
  cheer(): void;
}

export function newSleepers(): Sleepers {
  const awake = Symbol();
  const sleeping = new Map<ChildAbort, boolean>();
  return {
    async sleep(ms, { signal, clock, firm = false }) {
      const nap = childAbort(signal);
      sleeping.set(nap, firm);
      try {
        await clock.delay(ms, nap.signal);
      } catch (error) {
        if (error !== awake) throw error;
      } finally {
        sleeping.delete(nap);
        nap.release();
      }
    },
    wake() {
      for (const nap of [...sleeping.keys()]) nap.abort(awake);
    },
    cheer() {
      for (const [nap, firm] of [...sleeping]) firm || nap.abort(awake);
    },
  };
}
