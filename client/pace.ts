/**
 * Pacing by `RateLimit` (draft-ietf-httpapi-ratelimit-headers): who has used up what is allowed waits for the window's
 * end instead of running into a 429.
 */

export interface Pace {
  /** Milliseconds to wait before a request of this kind. */
  waitMs(kind: string, now: number): number;
  /** Learns from an answer's `RateLimit` header. */
  learn(kind: string, header: string | null, now: number): void;
}

/** Longer windows (a day's) are not waited for; the refusal tells the person about them. */
const MAX_WAIT_MS = 60_000;

export function newPace(): Pace {
  const freeAt = new Map<string, number>();
  return {
    waitMs: (kind, now) => Math.max(0, (freeAt.get(kind) ?? 0) - now),
    learn(kind, header, now) {
      const waits = parseRateLimit(header).filter(({ remaining }) => remaining <= 0)
        .map(({ resetSeconds }) => resetSeconds * 1000).filter((ms) => ms <= MAX_WAIT_MS);
      if (waits.length > 0) freeAt.set(kind, now + Math.max(...waits));
      else freeAt.delete(kind);
    },
  };
}

/** The items of `"name";r=50;t=30, ...`; what has no `r` and `t` is left out. */
export function parseRateLimit(header: string | null): { remaining: number; resetSeconds: number }[] {
  return (header ?? "").split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).flatMap((item) => {
    const remaining = /;\s*r=(\d+)/.exec(item)?.[1];
    const reset = /;\s*t=(\d+)/.exec(item)?.[1];
    if (remaining === undefined || reset === undefined) return [];
    return [{ remaining: Number(remaining), resetSeconds: Number(reset) }];
  });
}
