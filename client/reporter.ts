/** Tells the caller how a transfer is doing: states at once, figures at most so often. */
import type { Clock } from "./clock.ts";
import type { PawlError } from "./errors.ts";
import { newMeter } from "./meter.ts";
import type { TransferProgress } from "./progress_types.ts";

/** What is counted; bytes. */
export interface Figures {
  total: number | null;
  transferred: number;
  confirmed: number;
  resumed: number;
}

export interface StateChange<State> {
  state: State;
  previous: State;
  error?: PawlError;
  retryAt?: number;
}

export interface Reporter<State> {
  readonly state: State;
  /** Does nothing when the state is the same. */
  set(state: State, facts?: { error?: PawlError; retryAt?: number }): void;
  /** The figures may have changed. */
  moved(): void;
  progress(): TransferProgress;
  /** Tells the last figures; nothing afterwards. */
  end(): void;
}

export interface ReporterOptions<State> {
  clock: Clock;
  first: State;
  /** In this state bytes move. */
  moving: State;
  /** In this state all is done. */
  completed: State;
  figures: () => Figures;
  onProgress?: (progress: TransferProgress) => void;
  onState?: (change: StateChange<State>) => void;
  /** Milliseconds. */
  interval?: number;
}

/** While nothing arrives the speed is told to fall, so often (ms). */
const IDLE_MS = 1000;

export function newReporter<State extends TransferProgress["state"]>(
  options: ReporterOptions<State>,
): Reporter<State> {
  const { clock, figures, interval = 100 } = options;
  const meter = newMeter();
  let state = options.first;
  let ended = false;
  let toldAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function progress(): TransferProgress {
    const { total, transferred, confirmed, resumed } = figures();
    const now = clock.now();
    const speed = state === options.moving ? meter.speed(now) : 0;
    const left = total === null ? null : total - transferred;
    const fraction = total === null ? 0 : total === 0 ? 1 : transferred / total;
    return {
      state,
      totalBytes: total,
      transferredBytes: transferred,
      confirmedBytes: confirmed,
      resumedBytes: resumed,
      fraction: state === options.completed ? 1 : Math.min(fraction, 0.9999),
      bytesPerSecond: speed,
      secondsLeft: left === 0 ? 0 : left === null || speed < 1 ? null : left / speed,
    };
  }

  function tell() {
    clearTimeout(timer);
    toldAt = clock.now();
    if (!ended && state === options.moving) timer = setTimeout(tell, Math.max(IDLE_MS, interval));
    call(options.onProgress, progress());
  }

  return {
    get state() {
      return state;
    },
    set(next, facts = {}) {
      if (next === state || ended) return;
      const previous = state;
      state = next;
      if (next === options.moving) {
        meter.reset();
        meter.add(figures().transferred, clock.now());
      }
      call(options.onState, { state, previous, ...facts });
      tell();
    },
    moved() {
      if (ended) return;
      meter.add(figures().transferred, clock.now());
      const wait = toldAt + interval - clock.now();
      if (wait <= 0) return tell();
      clearTimeout(timer);
      timer = setTimeout(tell, wait);
    },
    progress,
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}

/** What a listener throws is its own affair: it is reported like an event listener's error. */
function call<T>(listener: ((value: T) => void) | undefined, value: T): void {
  try {
    listener?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
