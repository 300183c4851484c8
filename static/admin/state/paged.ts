/** A long list of the server's, page by page, kept current while it is looked at. */
import { useLayoutEffect } from "hono/jsx/dom";
import type { Page } from "../../../client/mod.ts";
import { createStore, type Store, useStore } from "../../state/store.ts";
import { merged } from "./merge.ts";
import { createPoll } from "./poll.ts";

export type Query = Readonly<Record<string, string>>;

export interface PagedState<T> {
  query: Query;
  items: readonly T[];
  /** null: that is all. */
  cursor: string | null;
  /** `loading`: nothing of this query is there yet; `more`: the next page is on its way. */
  status: "loading" | "more" | "ready" | "failed";
  /** Why the latest try came to nothing; null when it did not. */
  error: unknown;
}

export interface Paged<T> {
  store: Store<PagedState<T>>;
  keyOf(item: T): string;
  /** Other filters; the same ones keep what is there. */
  show(query: Query): void;
  more(): Promise<void>;
  watch(): () => void;
  /** Asks at once. */
  now(): void;
  replace(item: T): void;
  drop(keys: ReadonlySet<string>): void;
}

export interface PagedOptions<T> {
  ask(query: Record<string, string | number>, signal: AbortSignal): Promise<Page<T>>;
  keyOf(item: T): string;
  /** Milliseconds until it is asked again. */
  pause(query: Query): number;
  /** Rows stay in the order in which they are looked at, though the server's order changes all the time. */
  settled?: boolean;
  onError(error: unknown): void;
}

const PAGE = 50;
/** With a filter, a page may be short and still have a cursor. */
const REQUESTS = 6;
/** Longer lists are not kept current: it would be a request for each hundred rows. */
const LIVE_ROWS = 300;

export function createPaged<T>({ ask, keyOf, pause, settled = false, onError }: PagedOptions<T>): Paged<T> {
  const empty = { items: [], cursor: null, status: "loading", error: null } as const;
  const store = createStore<PagedState<T>>({ query: {}, ...empty });
  /** Aborted when the query changes. */
  let shown = new AbortController();

  /** At least `wanted` rows from the cursor on, unless there are no more. */
  async function rows(
    query: Query,
    { from, wanted }: { from: string | null; wanted: number },
    signal: AbortSignal,
  ) {
    const items: T[] = [];
    let cursor = from;
    for (let requests = 0; requests < REQUESTS; requests++) {
      const limit = Math.min(100, Math.max(PAGE, wanted - items.length));
      const page = await ask({ ...query, limit, ...(cursor === null ? {} : { cursor }) }, signal);
      items.push(...page.items);
      cursor = page.cursor;
      if (cursor === null || items.length >= wanted) break;
    }
    return { items, cursor };
  }

  const poll = createPoll({
    async ask(stopped) {
      const { query, items, cursor, status } = store.get();
      if (status === "more" || (items.length > LIVE_ROWS && status === "ready")) return;
      const signal = AbortSignal.any([stopped, shown.signal]);
      try {
        // With room for new ones, so that a whole list stays whole.
        const wanted = cursor === null ? items.length + PAGE : items.length;
        const next = await rows(query, { from: null, wanted }, signal);
        if (signal.aborted || store.get().status === "more") return;
        store.update((state) => ({
          ...state,
          items: merged(state.items, next.items, { keyOf, settled }),
          cursor: next.cursor,
          status: "ready",
          error: null,
        }));
      } catch (error) {
        if (signal.aborted) return;
        store.update((state) => ({ ...state, error, status: state.status === "ready" ? "ready" : "failed" }));
        onError(error);
      }
    },
    pause: () => pause(store.get().query),
  });

  return {
    store,
    keyOf,
    watch: poll.watch,
    now: poll.now,
    show(query) {
      const { query: before, status } = store.get();
      if (JSON.stringify(before) === JSON.stringify(query) && status !== "failed") return;
      shown.abort();
      shown = new AbortController();
      store.set({ ...empty, query });
      poll.now();
    },
    async more() {
      const { query, cursor, status } = store.get();
      if (cursor === null || status !== "ready") return;
      const { signal } = shown;
      store.update((state) => ({ ...state, status: "more" }));
      try {
        const next = await rows(query, { from: cursor, wanted: PAGE }, signal);
        if (signal.aborted) return;
        store.update((state) => {
          const known = new Set(state.items.map(keyOf));
          const fresh = next.items.filter((item) => !known.has(keyOf(item)));
          return {
            ...state,
            items: [...state.items, ...fresh],
            cursor: next.cursor,
            status: "ready",
            error: null,
          };
        });
      } catch (error) {
        if (signal.aborted) return;
        store.update((state) => ({ ...state, status: "ready", error }));
        onError(error);
      }
    },
    replace: (item) =>
      store.update((state) => ({
        ...state,
        items: state.items.map((one) => keyOf(one) === keyOf(item) ? item : one),
      })),
    drop: (keys) =>
      store.update((state) => ({ ...state, items: state.items.filter((item) => !keys.has(keyOf(item))) })),
  };
}

/** The list with these filters, asked for as long as the component is there. */
export function usePaged<T>(paged: Paged<T>, query: Query): PagedState<T> {
  useLayoutEffect(() => paged.show(query), [JSON.stringify(query)]);
  useLayoutEffect(() => paged.watch(), [paged]);
  return useStore(paged.store);
}
