/** A value that is looked at by whoever needs it, and the hook by which a component does. */
import { useLayoutEffect, useRef, useState } from "hono/jsx/dom";

export interface Store<T> {
  get(): T;
  /** Listeners hear of it at once, unless it is the same value. */
  set(value: T): void;
  update(change: (value: T) => T): void;
  /** Returns what ends it. */
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  const set = (next: T) => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/**
 * What `select` takes of the store; draws again only when that is another value (`Object.is`), so it should pick
 * members rather than build objects. Subscribes before the browser paints: effects wait for a frame, which a page in
 * the background does not get.
 */
export function useStore<T>(store: Store<T>): T;
export function useStore<T, S>(store: Store<T>, select: (value: T) => S): S;
export function useStore<T, S>(store: Store<T>, select = (value: T) => value as unknown as S): S {
  const selected = select(store.get());
  const latest = useRef({ selected, select });
  latest.current = { selected, select };
  const [, redraw] = useState(0);
  useLayoutEffect(() => {
    const look = () => {
      const { selected, select } = latest.current!;
      if (!Object.is(select(store.get()), selected)) redraw((count) => count + 1);
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return selected;
}
