/** Ctrl-C and SIGTERM: the first asks the command to stop in order, a second one ends it at once. */
import { Interrupted } from "./failure.ts";

/** One Ctrl-C reaches a process behind `deno task` twice: from the terminal and from the task. */
const SAME_SIGNAL_MS = 1000;

export interface InterruptionOptions {
  /** Calls `listener` for each such signal of the process. */
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): void;
  /** Ends the process. */
  leave(reason: Interrupted["reason"]): void;
  /** Milliseconds that only go forward. */
  now(): number;
}

/** Aborted with `Interrupted` by the first signal. */
export function interruption({ on, leave, now }: InterruptionOptions): AbortSignal {
  const controller = new AbortController();
  let since: number | null = null;
  const stop = (reason: Interrupted["reason"]) => {
    if (since === null) {
      since = now();
      controller.abort(new Interrupted(reason));
    } else if (now() - since >= SAME_SIGNAL_MS) leave(reason);
  };
  on("SIGINT", () => stop("interrupted"));
  on("SIGTERM", () => stop("terminated"));
  return controller.signal;
}
