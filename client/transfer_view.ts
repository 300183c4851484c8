/** What can be seen of a transfer: its state, its figures, and what it waits for. */
import type { Clock, Sleepers } from "./clock.ts";
import type { PawlError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { newReporter, type Reporter, type StateChange } from "./reporter.ts";
import { persist } from "./retry.ts";
import type { Server } from "./server.ts";
import type { TransferProgress } from "./progress_types.ts";

/** States that both directions have. */
type Common = "paused" | "waiting" | "completed" | "failed" | "cancelled";

export interface Count {
  /** null while it is unknown. */
  total: number | null;
  confirmed: number;
  resumed: number;
  /** Beyond `confirmed`: on its way, or here and not written yet. */
  moving: number;
}

export interface TransferView<State> {
  /** Bytes. Change it, then call `moved`. */
  readonly count: Count;
  readonly reporter: Reporter<State>;
  moved(): void;
  /** What it works on; seen unless it is paused or waits. */
  readonly phase: State;
  enter(phase: State): void;
  /** null when it waits no more. */
  wait(waiting: { error: PawlError; waitMs: number } | null): void;
  /** After the gate was opened or closed. */
  show(): void;
  /** Tries until it succeeds, while the gate is open, telling of each wait. */
  patient<T>(attempt: () => Promise<T>): Promise<T>;
  end(state: "completed" | "failed" | "cancelled", error?: PawlError): void;
}

export interface TransferViewParts<State> {
  server: Server;
  options: {
    retries?: number;
    onProgress?: (progress: TransferProgress) => void;
    progressInterval?: number;
    onState?: (change: StateChange<State>) => void;
  };
  first: State;
  /** In this one bytes move. */
  moving: State;
  total: number | null;
  signal: AbortSignal;
  gate: Gate;
  sleepers: Sleepers;
}

export const DEFAULT_RETRIES = 10;

export function newTransferView<State extends TransferProgress["state"]>(
  parts: TransferViewParts<State | Common>,
): TransferView<State | Common> {
  const { server, options, first, moving, total, signal, gate, sleepers } = parts;
  const clock: Clock = server.clock;
  const count: Count = { total, confirmed: 0, resumed: 0, moving: 0 };
  let phase: State | Common = first;
  let waiting: { error: PawlError; retryAt: number } | null = null;

  const reporter = newReporter<State | Common>({
    clock,
    first,
    moving,
    completed: "completed",
    figures: () => ({
      total: count.total,
      confirmed: count.confirmed,
      transferred: Math.min(count.total ?? Infinity, count.confirmed + count.moving),
      resumed: count.resumed,
    }),
    onProgress: options.onProgress,
    onState: options.onState,
    interval: options.progressInterval,
  });

  const show = () => reporter.set(gate.closed ? "paused" : waiting ? "waiting" : phase, waiting ?? {});

  const view: TransferView<State | Common> = {
    count,
    reporter,
    moved: reporter.moved,
    get phase() {
      return phase;
    },
    enter(next) {
      phase = next;
      show();
    },
    wait(next) {
      waiting = next && { error: next.error, retryAt: clock.date() + next.waitMs };
      show();
    },
    show,
    async patient(attempt) {
      try {
        await gate.opened(signal);
        return await persist(attempt, {
          retries: options.retries ?? DEFAULT_RETRIES,
          signal,
          clock,
          random: server.random,
          uncounted: server.line.isOffline,
          onWait: (error, waitMs) => view.wait({ error, waitMs }),
          async sleep(ms) {
            await sleepers.sleep(ms, { signal, clock });
            await gate.opened(signal);
          },
        });
      } finally {
        if (waiting && !signal.aborted) view.wait(null);
      }
    },
    end(state, error) {
      waiting = null;
      phase = state;
      count.moving = 0;
      if (state === "completed") count.confirmed = count.total ?? count.confirmed;
      reporter.set(state, error ? { error } : {});
      reporter.end();
    },
  };
  return view;
}
