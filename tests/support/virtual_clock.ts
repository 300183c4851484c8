/** A clock that stands still until all work waits for it, and then jumps to the next moment that somebody waits for. */
import { setImmediate } from "node:timers";
import type { Clock } from "../../client/clock.ts";

export interface VirtualClock extends Clock {
  /** Calls `then` after `ms`; gives what calls that off. */
  after(ms: number, then: () => void): () => void;
  /** Lets time pass until `work` has settled. Throws when it waits for nothing that time brings. */
  run<T>(work: Promise<T>): Promise<T>;
}

interface Timer {
  at: number;
  order: number;
  then: () => void;
}

/** Lets everything happen that needs no time. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

export function virtualClock(): VirtualClock {
  let now = 0;
  let order = 0;
  /** A binary heap, the earliest first. */
  const heap: Timer[] = [];
  const earlier = (a: Timer, b: Timer) => a.at < b.at || a.at === b.at && a.order < b.order;

  function push(timer: Timer) {
    let i = heap.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!earlier(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }
  function pop(): Timer | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || heap.length === 0) return first;
    heap[0] = last!;
    for (let i = 0;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && earlier(heap[child]!, heap[least]!)) least = child;
      }
      if (least === i) return first;
      [heap[i], heap[least]] = [heap[least]!, heap[i]!];
      i = least;
    }
  }

  const clock: VirtualClock = {
    now: () => now,
    date: () => 1_700_000_000_000 + now,
    after(ms, then) {
      const timer = { at: now + Math.max(0, ms), order: order++, then };
      push(timer);
      return () => timer.then = () => {};
    },
    delay: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const stop = () => {
          cancel();
          reject(signal.reason);
        };
        const cancel = clock.after(ms, () => {
          signal.removeEventListener("abort", stop);
          resolve();
        });
        signal.addEventListener("abort", stop, { once: true });
      }),
    async run(work) {
      let settled = false;
      work.then(() => settled = true, () => settled = true);
      for (;;) {
        await settle();
        if (settled) return await work;
        const timer = pop();
        if (timer === undefined) throw new Error("the work waits, but not for time");
        now = timer.at;
        timer.then();
      }
    },
  };
  return clock;
}
