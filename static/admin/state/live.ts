/** A value of the server's that is kept current while it is looked at. */
import { useLayoutEffect } from "hono/jsx/dom";
import { createStore, type Store, useStore } from "../../state/store.ts";
import { createPoll } from "./poll.ts";

export interface LiveState<T> {
  /** The latest known; null until there is one. */
  value: T | null;
  /** Why the latest try came to nothing; null when it did not. */
  error: unknown;
}

export interface Live<T> {
  store: Store<LiveState<T>>;
  watch(): () => void;
  /** Asks at once. */
  now(): void;
  /** What is known without asking, such as the answer to a change. */
  set(change: (value: T) => T): void;
}

export interface LiveOptions<T> {
  ask(signal: AbortSignal): Promise<T>;
  /** Milliseconds until it is asked again. */
  pause(value: T | null): number;
  onError(error: unknown): void;
}

export function createLive<T>({ ask, pause, onError }: LiveOptions<T>): Live<T> {
  const store = createStore<LiveState<T>>({ value: null, error: null });
  const poll = createPoll({
    async ask(signal) {
      try {
        const value = await ask(signal);
        if (!signal.aborted) store.update((before) => ({ value: kept(before.value, value), error: null }));
      } catch (error) {
        if (signal.aborted) return;
        store.update(({ value }) => ({ value, error }));
        onError(error);
      }
    },
    pause: () => pause(store.get().value),
  });
  return {
    store,
    watch: poll.watch,
    now: poll.now,
    set: (change) =>
      store.update((state) => state.value === null ? state : { ...state, value: change(state.value) }),
  };
}

/** The value as it is now, asked for as long as the component is there. */
export function useLive<T>(live: Live<T>): LiveState<T> {
  useLayoutEffect(() => live.watch(), [live]);
  return useStore(live.store);
}

/**
 * `next`, or `before` when they say the same, also for each item of a list: what has not changed is not drawn again. Both
 * are plain JSON.
 */
export function kept<T>(before: T | null, next: T): T {
  if (before === null) return next;
  if (JSON.stringify(before) === JSON.stringify(next)) return before;
  if (!Array.isArray(before) || !Array.isArray(next)) return next;
  return next.map((item, index) => kept(before[index] ?? null, item)) as T;
}
