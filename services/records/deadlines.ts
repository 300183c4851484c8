/** Calls that may not take longer than a fixed time. */
import { Problem } from "../problem.ts";

interface Call {
  /** Ms, monotonic. */
  until: number;
  expire: () => void;
}

/**
 * Gives a function whose result is that of `call`, or a rejection with `storage-unavailable` when it has not come
 * after `ms`. One timer serves all calls: they were begun in the order in which they are due.
 */
export function newDeadlines(ms: number): <T>(call: Promise<T>) => Promise<T> {
  const calls = new Set<Call>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function watch() {
    for (const call of calls) {
      const left = call.until - performance.now();
      if (left > 0) {
        timer = setTimeout(watch, left);
        return;
      }
      calls.delete(call);
      call.expire();
    }
  }

  return <T>(promise: Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      const call: Call = { until: performance.now() + ms, expire: () => reject(unavailable()) };
      if (calls.size === 0) timer = setTimeout(watch, ms);
      calls.add(call);
      const ended = () => {
        calls.delete(call);
        if (calls.size === 0) clearTimeout(timer);
      };
      promise.then((value) => {
        ended();
        resolve(value);
      }, (error) => {
        ended();
        reject(error);
      });
    });
}

function unavailable(): Problem {
  return new Problem("storage-unavailable", "The database does not answer. Try again in a moment.", {
    retryAfter: 5,
  });
}
