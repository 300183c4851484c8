/** Speed over the last seconds, and the time left. */

export interface Meter {
  add(bytes: number, now: number): void;
  /** Forgets what was before a pause. */
  reset(): void;
  /** Bytes a second up to `now`. */
  speed(now: number): number;
}

const WINDOW_MS = 8000;
/** Nearer samples are put together. */
const STEP_MS = 100;

export function newMeter(): Meter {
  let samples: { at: number; bytes: number }[] = [];
  return {
    add(bytes, now) {
      const last = samples.at(-1);
      if (samples.length > 1 && last && now - last.at < STEP_MS) last.bytes = bytes;
      else samples.push({ at: now, bytes });
      // One sample from before the window stays, to measure from.
      while (samples.length > 2 && samples[1]!.at <= now - WINDOW_MS) samples.shift();
    },
    reset() {
      samples = [];
    },
    speed(now) {
      const first = samples[0];
      const last = samples.at(-1);
      if (!first || !last || now <= first.at) return 0;
      const from = Math.max(first.at, Math.min(last.at, now - WINDOW_MS));
      const share = last.at > first.at ? (last.at - from) / (last.at - first.at) : 0;
      return Math.max(0, (last.bytes - first.bytes) * share / (now - from) * 1000);
    },
  };
}
