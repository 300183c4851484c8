/** The server takes no new uploads of this person for a while: nothing is begun before that is over. */
export interface Limit {
  /** Ms since 1970; 0 when there is none. */
  readonly until: number;
  /** New ones are taken again at `time`, ms since 1970. */
  reached(time: number): void;
}

/** Longer delays run out at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** `onFree` is called when it is over. */
export function createLimit(onFree: () => void): Limit {
  let until = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    get until() {
      return until;
    },
    reached(time) {
      if (time <= until) return;
      until = time;
      clearTimeout(timer);
      timer = setTimeout(onFree, Math.min(time - Date.now(), LONGEST_MS));
    },
  };
}
