/** The stored files as they are looked at: which of them, in which order, how far they are loaded. */
import type { Attachment, AttachmentQuery, Page, Pawl } from "../../client/mod.ts";
import { createStore, type Store } from "./store.ts";

export interface ListView {
  state: "live" | "deleted";
  q: string;
  /** "" for all. */
  businessType: string;
  sort: "created" | "name" | "size";
}

export interface ListState {
  view: ListView;
  items: readonly Attachment[];
  /** null: that is all. */
  cursor: string | null;
  /** `loading`: nothing of this view is there yet; `more`: the next page is on its way. */
  status: "loading" | "more" | "ready" | "failed";
  error: unknown;
}

export interface FileList {
  store: Store<ListState>;
  show(view: Partial<ListView>): void;
  /** Like `show({ q })`, once nobody has typed for a moment. */
  search(q: string): void;
  more(): Promise<void>;
  /** Asks anew and keeps what is shown until the answer is there. */
  refresh(): Promise<void>;
  /** Has just been stored or restored. */
  insert(attachment: Attachment): void;
  replace(attachment: Attachment): void;
  drop(ids: ReadonlySet<string>): void;
  clear(): void;
}

export const START_VIEW: ListView = { state: "live", q: "", businessType: "", sort: "created" };
const PAGE = 50;
const TYPING_MS = 200;
/** A search looks at a bounded number of files for each page, so that pages may be short. */
const PAGES_AT_ONCE = 8;
const INSERT_MS = 150;

export interface FileListOptions {
  pawl: Pick<Pawl, "attachments">;
  onError(error: unknown): void;
}

export function createFileList({ pawl, onError }: FileListOptions): FileList {
  const empty = { items: [], cursor: null, status: "loading", error: null } as const;
  const store = createStore<ListState>({ view: START_VIEW, ...empty });
  let asked = new AbortController();
  let typing: ReturnType<typeof setTimeout> | undefined;
  let arrived: Attachment[] = [];
  let inserting: ReturnType<typeof setTimeout> | undefined;

  async function page(view: ListView, from: string | null, signal: AbortSignal): Promise<Page<Attachment>> {
    const items: Attachment[] = [];
    let cursor = from;
    for (let pages = 0; pages < PAGES_AT_ONCE; pages++) {
      const query: AttachmentQuery = { state: view.state, sort: view.sort, limit: PAGE };
      if (view.q) query.q = view.q;
      if (view.businessType) query.businessType = view.businessType;
      if (cursor !== null) query.cursor = cursor;
      const next = await pawl.attachments.list(query, { signal });
      items.push(...next.items);
      cursor = next.cursor;
      if (cursor === null || items.length >= PAGE) break;
    }
    return { items, cursor };
  }

  async function load(view: ListView, { keep }: { keep: boolean }) {
    asked.abort();
    const { signal } = asked = new AbortController();
    store.set({ ...store.get(), view, ...(keep ? {} : empty) });
    try {
      const { items, cursor } = await page(view, null, signal);
      if (!signal.aborted) store.set({ view, items, cursor, status: "ready", error: null });
    } catch (error) {
      if (signal.aborted) return;
      store.update((state) => ({
        ...state,
        status: state.items.length > 0 && keep ? "ready" : "failed",
        error,
      }));
      onError(error);
    }
  }

  function show(view: Partial<ListView>) {
    clearTimeout(typing);
    const next = { ...store.get().view, ...view };
    // The same view of other rows keeps those that are there until the new ones come: no flicker while typing.
    void load(next, { keep: next.state === store.get().view.state && store.get().items.length > 0 });
  }

  function belongs({ fileName, businessType, deletedAt }: Attachment): boolean {
    const { view } = store.get();
    return view.sort === "created" && (deletedAt === null) === (view.state === "live") &&
      (view.businessType === "" || view.businessType === businessType) &&
      fileName.toLowerCase().includes(view.q.toLowerCase());
  }

  return {
    store,
    show,
    search(q) {
      clearTimeout(typing);
      typing = setTimeout(() => show({ q }), TYPING_MS);
    },
    async more() {
      const { cursor, status, view } = store.get();
      if (cursor === null || status !== "ready") return;
      const { signal } = asked;
      store.update((state) => ({ ...state, status: "more" }));
      try {
        const next = await page(view, cursor, signal);
        if (signal.aborted) return;
        store.update(({ items, ...state }) => {
          const known = new Set(items.map(({ id }) => id));
          const fresh = next.items.filter(({ id }) => !known.has(id));
          return { ...state, items: [...items, ...fresh], cursor: next.cursor, status: "ready", error: null };
        });
      } catch (error) {
        if (signal.aborted) return;
        store.update((state) => ({ ...state, status: "ready", error }));
        onError(error);
      }
    },
    refresh: () => load(store.get().view, { keep: true }),
    insert(attachment) {
      arrived.push(attachment);
      // A thousand small files arrive in hundreds of steps, not in a thousand.
      inserting ??= setTimeout(() => {
        const fresh = arrived.filter(belongs).reverse();
        arrived = [];
        inserting = undefined;
        const { view: { sort }, status } = store.get();
        if (sort !== "created") return void load(store.get().view, { keep: true });
        if (status === "loading" || status === "failed") return;
        const ids = new Set(fresh.map(({ id }) => id));
        store.update((state) => ({
          ...state,
          items: [...fresh, ...state.items.filter(({ id }) => !ids.has(id))]
            .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt)),
        }));
      }, INSERT_MS);
    },
    replace: (attachment) =>
      store.update((state) => ({
        ...state,
        items: state.items.map((one) => one.id === attachment.id ? attachment : one),
      })),
    drop: (ids) =>
      store.update((state) => ({ ...state, items: state.items.filter(({ id }) => !ids.has(id)) })),
    clear() {
      asked.abort();
      store.set({ view: START_VIEW, ...empty });
    },
  };
}
