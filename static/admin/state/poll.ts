/** Asks again and again as long as somebody looks: never in a tab that is not seen, never twice at once. */

export interface Poll {
  /** Somebody looks, until what this returns is called. Asks at once. */
  watch(): () => void;
  /** Asks at once when somebody looks, else when somebody does. */
  now(): void;
}

export interface PollOptions {
  /** Never rejects. */
  ask(signal: AbortSignal): Promise<void>;
  /** Milliseconds until it is asked again, looked up after each answer. */
  pause(): number;
}

export function createPoll({ ask, pause }: PollOptions): Poll {
  let watchers = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | null = null;
  let again = false;
  let dueAt = 0;

  const isSeen = () => watchers > 0 && document.visibilityState === "visible";

  async function run() {
    clearTimeout(timer);
    if (asking) {
      again = true;
      return;
    }
    const mine = asking = new AbortController();
    await ask(mine.signal);
    if (asking !== mine) return;
    asking = null;
    const wait = again ? 0 : pause();
    again = false;
    dueAt = Date.now() + wait;
    if (isSeen()) timer = setTimeout(run, wait);
  }

  function onVisibility() {
    if (isSeen()) timer = setTimeout(run, Math.max(0, dueAt - Date.now()));
    else clearTimeout(timer);
  }

  function stop() {
    clearTimeout(timer);
    asking?.abort();
    asking = null;
    again = false;
    document.removeEventListener("visibilitychange", onVisibility);
  }

  return {
    watch() {
      if (watchers++ === 0) {
        document.addEventListener("visibilitychange", onVisibility);
        if (isSeen()) void run();
      }
      return () => {
        if (--watchers === 0) stop();
      };
    },
    now() {
      dueAt = 0;
      if (isSeen()) void run();
    },
  };
}
