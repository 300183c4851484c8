/** What can be seen of an upload: its state, its figures, and what it waits for. */
import type { Clock, Sleepers } from "./clock.ts";
import type { PawlError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { newReporter, type Reporter } from "./reporter.ts";
import { persist } from "./retry.ts";
import type { Server } from "./server.ts";
import type { UploadOptions, UploadState } from "./upload_types.ts";

export interface UploadView {
  /** Bytes. Change it, then call `moved`. */
  readonly count: { confirmed: number; resumed: number; sending: number };
  readonly reporter: Reporter<UploadState>;
  moved(): void;
  /** What it works on; seen unless it is paused or waits. */
  readonly phase: UploadState;
  enter(phase: UploadState): void;
  /** null when it waits no more. */
  wait(waiting: { error: PawlError; waitMs: number } | null): void;
  /** After the gate was opened or closed. */
  show(): void;
  /** Tries until it succeeds, while the gate is open, telling of each wait. */
  patient<T>(attempt: () => Promise<T>): Promise<T>;
  end(state: "completed" | "failed" | "cancelled", error?: PawlError): void;
}

export interface UploadViewParts {
  server: Server;
  options: UploadOptions;
  size: number;
  signal: AbortSignal;
  gate: Gate;
  sleepers: Sleepers;
}

export const DEFAULT_RETRIES = 10;

export function newUploadView(
  { server, options, size, signal, gate, sleepers }: UploadViewParts,
): UploadView {
  const clock: Clock = server.clock;
  const count = { confirmed: 0, resumed: 0, sending: 0 };
  let phase: UploadState = "preparing";
  let waiting: { error: PawlError; retryAt: number } | null = null;

  const reporter = newReporter<UploadState>({
    clock,
    first: "preparing",
    moving: "uploading",
    completed: "completed",
    figures: () => ({
      total: size,
      confirmed: count.confirmed,
      transferred: Math.min(size, count.confirmed + count.sending),
      resumed: count.resumed,
    }),
    onProgress: options.onProgress,
    onState: options.onState,
    interval: options.progressInterval,
  });

  const show = () => reporter.set(gate.closed ? "paused" : waiting ? "waiting" : phase, waiting ?? {});

  const view: UploadView = {
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
      count.sending = 0;
      if (state === "completed") count.confirmed = size;
      reporter.set(state, error ? { error } : {});
      reporter.end();
    },
  };
  return view;
}
