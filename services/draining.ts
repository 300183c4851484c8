/** Lets running work end before the process does. Knows nothing of HTTP. */
import { Problem } from "./problem.ts";

export interface Gate {
  /** True from the first call of `stop`. */
  readonly stopping: boolean;
  /** How many have entered and not ended. */
  readonly running: number;
  /** Aborted when the grace time is over: whoever reads a body then keeps what counts and ends. */
  readonly signal: AbortSignal;
  /**
   * Registers one piece of running work; the returned function ends it, however often it is called.
   * Throws `Problem` `stopping` once the gate is stopping.
   */
  enter(): () => void;
  /**
   * Refuses newcomers, waits at most `graceMs` for those inside, then aborts `signal` and waits at most `settleMs`
   * more. Returns how many were still inside then. A second call joins the first.
   */
  stop(graceMs: number): Promise<number>;
}

export interface GateOptions {
  /** Milliseconds that work gets to settle after `signal` was aborted. */
  settleMs?: number;
  /** Seconds that refused callers are told to wait: as long as a restart takes. */
  retryAfter?: number;
}

/** An open gate. */
export function createGate({ settleMs = 1000, retryAfter = 5 }: GateOptions = {}): Gate {
  const abort = new AbortController();
  let running = 0;
  let stopped: Promise<number> | null = null;
  let emptied = () => {};

  /** Resolves when nobody is inside or after `ms`. */
  async function empty(ms: number): Promise<void> {
    if (running === 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      emptied = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  async function drain(graceMs: number): Promise<number> {
    await empty(graceMs);
    if (running > 0) {
      abort.abort(stoppingProblem(retryAfter));
      await empty(settleMs);
    }
    return running;
  }

  return {
    get stopping() {
      return stopped !== null;
    },
    get running() {
      return running;
    },
    signal: abort.signal,
    enter() {
      if (stopped) throw stoppingProblem(retryAfter);
      running++;
      let inside = true;
      return () => {
        if (!inside) return;
        inside = false;
        running--;
        if (running === 0) emptied();
      };
    },
    stop: (graceMs) => stopped ??= drain(graceMs),
  };
}

function stoppingProblem(retryAfter: number): Problem {
  return new Problem(
    "stopping",
    "The server is stopping. Try again in a moment; what was acknowledged is safe.",
    {
      retryAfter,
      headers: { Connection: "close" },
    },
  );
}
