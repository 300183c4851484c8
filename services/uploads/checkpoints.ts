/** Makes what was written count while its body still comes: every so many bytes, every so often, and when asked. */
import type { Place } from "./place.ts";

const BYTES = 8 * 1024 * 1024;
const EVERY_MS = 1000;

export interface Checkpoints {
  /** No checkpoint begins until `resume`: bytes are on their way into the place. */
  pause(): void;
  /**
   * Begins one that is due. Resolves at once unless too many bytes wait for it; throws when one has failed. `isLast`:
   * nothing will follow, so that none is due by the clock.
   */
  resume(isLast: boolean): Promise<void>;
  /** Resolves when what is written now counts, or cannot. Never throws. */
  save(): Promise<void>;
  /** Resolves when none is running. Throws when one has failed. */
  settled(): Promise<void>;
  /** Ends them, after the one that runs. Never throws. */
  close(): Promise<void>;
}

export function openCheckpoints(place: Pick<Place, "commit" | "uncommitted">): Checkpoints {
  let running: Promise<void> | null = null;
  let failure: { reason: unknown } | null = null;
  let paused = false;
  let wanted: PromiseWithResolvers<void> | null = null;

  /** Between two pieces only: what is written is exactly what was hashed. */
  function begin(): Promise<void> {
    const asked = wanted;
    wanted = null;
    running = place.commit().catch((reason) => {
      failure ??= { reason };
    }).then(() => {
      running = null;
      asked?.resolve();
      if (wanted && !paused) void begin();
    });
    return running;
  }

  async function save(): Promise<void> {
    if (failure || place.uncommitted === 0 && !running) return;
    wanted ??= Promise.withResolvers();
    const { promise } = wanted;
    if (!paused && !running) void begin();
    await promise;
  }

  let timer: ReturnType<typeof setInterval> | undefined;

  async function settled(): Promise<void> {
    while (running) await running;
    if (failure) throw failure.reason;
  }

  return {
    pause() {
      paused = true;
    },
    async resume(isLast) {
      paused = false;
      if (failure) throw failure.reason;
      if (!isLast) timer ??= setInterval(() => void save(), EVERY_MS);
      if (wanted && !running) void begin();
      if (place.uncommitted < BYTES) return;
      if (!running) void begin();
      await settled();
    },
    save,
    settled,
    async close() {
      clearInterval(timer);
      paused = true;
      while (running) await running;
      wanted?.resolve();
    },
  };
}
