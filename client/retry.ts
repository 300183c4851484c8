/** What may pass by itself, and how long to wait before trying again. Pure but for `persist`. */
import type { Clock } from "./clock.ts";
import { PawlError } from "./errors.ts";

/** Longer waits than this are for the caller to decide on, who is told `retryAfter`. */
export const MAX_RETRY_AFTER_SECONDS = 300;

const FIRST_MS = 250;
const LONGEST_MS = 30_000;
const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504, 507]);
const PASSING_CODES = new Set(["network", "stalled", "body-incomplete", "chunk-busy"]);

/** Whether the same request may succeed later. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof PawlError)) return false;
  if (error.retryAfter !== null && error.retryAfter > MAX_RETRY_AFTER_SECONDS) return false;
  if (error.code === "blob-missing") return false;
  return PASSING_CODES.has(error.code) || PASSING_STATUS.has(error.status);
}

/** Whether the server may have done what was asked, although its answer did not come. */
export function isUncertain(error: unknown): boolean {
  return error instanceof PawlError && (error.code === "network" || error.code === "stalled");
}

/**
 * Milliseconds before try number `tries` + 1, from 1: doubling from 250 ms to 30 s, half of it by chance so that many
 * clients do not come back together; never before `retryAfter` (seconds). `random` is from 0 to 1.
 */
export function backoffMs(tries: number, retryAfter: number | null, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 20));
  return Math.max(whole * (0.5 + random / 2), (retryAfter ?? 0) * 1000 * (1 + random / 10));
}

export interface Persistence {
  /** Tries beside the first. */
  retries: number;
  signal: AbortSignal;
  clock: Clock;
  random: () => number;
  /** What is not safe to repeat when nobody knows whether it was done. Default true. */
  repeatable?: boolean;
  /** Tries while this says true are not counted. */
  uncounted?: () => boolean;
  /** Told before each wait. */
  onWait?: (error: PawlError, waitMs: number) => void;
  /** Waits; default `clock.delay`. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Tries until it succeeds, tries are used up, or what goes wrong will not pass by itself; throws that then. */
export async function persist<T>(attempt: () => Promise<T>, options: Persistence): Promise<T> {
  const { retries, signal, clock, random, repeatable = true, uncounted, onWait } = options;
  const sleep = options.sleep ?? clock.delay;
  for (let tries = 1, waits = 1;; waits++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || tries > retries || !(error instanceof PawlError) || !isPassing(error)) {
        throw error;
      }
      if (!repeatable && isUncertain(error)) throw error;
      const wait = backoffMs(waits, error.retryAfter, random());
      onWait?.(error, wait);
      await sleep(wait, signal);
      if (!uncounted?.()) tries++;
    }
  }
}
