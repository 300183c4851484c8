/** What the server lets this person begin: what it has refused is not tried again before its time. */
import type { PawlError } from "../../client/mod.ts";
import type { Transfer } from "./transfer.ts";

export interface Allowance {
  /** Whether any may be begun. */
  any: boolean;
  /** New ones may have so many bytes together. */
  bytes: number;
  /** What those are told that have more. */
  why: Pick<Transfer, "error" | "retryAt"> | null;
}

export interface Limit {
  allowed(): Allowance;
  /** New ones are taken again at `time`, ms since 1970; until then smaller ones are, where a day's bytes are used up. */
  reached(error: PawlError, time: number): void;
}

/** Longer delays run out at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** `onFree` is called when one is over. */
export function createLimit(onFree: () => void): Limit {
  const pace = untilThen(onFree);
  const day = untilThen(onFree);
  let room = 0;
  let why: Allowance["why"] = null;
  return {
    allowed() {
      const isLimited = Date.now() < day.time;
      return {
        any: Date.now() >= pace.time,
        bytes: isLimited ? room : Infinity,
        why: isLimited ? why : null,
      };
    },
    reached(error, time) {
      if (error.code !== "bytes-per-day") return pace.wait(time);
      const { max, used } = error.extra;
      room = typeof max === "number" && typeof used === "number" ? max - used : 0;
      why = { error, retryAt: time };
      day.wait(time);
    },
  };
}

/** A time, ms since 1970, at which `onFree` is called; it only gets later. */
function untilThen(onFree: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const then = {
    time: 0,
    wait(time: number) {
      if (time <= then.time) return;
      then.time = time;
      clearTimeout(timer);
      timer = setTimeout(onFree, Math.min(time - Date.now(), LONGEST_MS));
    },
  };
  return then;
}
