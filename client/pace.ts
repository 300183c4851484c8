/**
 * Pacing by `RateLimit` (draft-ietf-httpapi-ratelimit-headers): who has used up what is allowed waits for the window's
 * end instead of running into a 429.
 */

/** What is waited for. */
export interface PaceWait {
  ms: number;
  /** The limit's name, as the server calls it; it is a code of its refusals too. */
  limit: string;
}

export interface Pace {
  /** Before a request of this kind; null: nothing. */
  wait(kind: string, now: number): PaceWait | null;
  /** Learns from an answer's `RateLimit` header. */
  learn(kind: string, header: string | null, now: number): void;
}

/** Longer windows (a day's) are not waited for; the refusal tells the person about them. */
const MAX_WAIT_MS = 60_000;

export function newPace(): Pace {
  const free = new Map<string, { at: number; limit: string }>();
  return {
    wait(kind, now) {
      const { at = 0, limit = "" } = free.get(kind) ?? {};
      return at > now ? { ms: at - now, limit } : null;
    },
    learn(kind, header, now) {
      const [longest] = parseRateLimit(header)
        .filter(({ remaining, resetSeconds }) => remaining <= 0 && resetSeconds * 1000 <= MAX_WAIT_MS)
        .sort((a, b) => b.resetSeconds - a.resetSeconds);
      if (longest) free.set(kind, { at: now + longest.resetSeconds * 1000, limit: longest.name });
      else free.delete(kind);
    },
  };
}

/** The items of `"name";r=50;t=30, ...`; what has no `r` and `t` is left out. */
export function parseRateLimit(
  header: string | null,
): { name: string; remaining: number; resetSeconds: number }[] {
  return (header ?? "").split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).flatMap((item) => {
    const remaining = /;\s*r=(\d+)/.exec(item)?.[1];
    const reset = /;\s*t=(\d+)/.exec(item)?.[1];
    if (remaining === undefined || reset === undefined) return [];
    const name = /^\s*"([^"]*)"/.exec(item)?.[1] ?? "";
    return [{ name, remaining: Number(remaining), resetSeconds: Number(reset) }];
  });
}
