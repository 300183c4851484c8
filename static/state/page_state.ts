/** All that the uploader knows, put together once; components get at it by `usePage`. */
import { createContext, useContext } from "hono/jsx/dom";
import { type BusinessTypes, createBusinessTypes } from "./business_types.ts";
import { type Connection, openConnection } from "./connection.ts";
import { createEmptiness } from "./emptiness.ts";
import { createFileActions, type FileActions } from "./file_actions.ts";
import { createFileList, type FileList } from "./file_list.ts";
import { createFrameState, type FrameState } from "./frame_state.ts";
import type { Store } from "./store.ts";
import { isEnded, isInterruptible, sessionsOf } from "./transfer.ts";
import { createTransfers, type Transfers } from "./transfers.ts";
import { createUnfinished, type Unfinished } from "./unfinished.ts";

export interface PageState extends FrameState {
  pawl: Connection;
  businessTypes: BusinessTypes;
  transfers: Transfers;
  unfinished: Unfinished;
  list: FileList;
  /** The person has no files at all. */
  isEmpty: Store<boolean>;
  actions: FileActions;
}

/** A window that was away for so long asks anew what there is. */
const STALE_MS = 30_000;

export function createPageState({ hashWorkerUrl }: { hashWorkerUrl: string | null }): PageState {
  const pawl = openConnection({ hashWorkerUrl });
  const frame = createFrameState({ here: "files", pawl, onReachable });
  const { session, connectivity, toasts, waiting, onError } = frame;
  const businessTypes = createBusinessTypes(pawl);
  const unfinished = createUnfinished(pawl);
  const list = createFileList({ pawl, onError });
  const isEmpty = createEmptiness(list.store);
  const transfers = createTransfers({
    pawl,
    onStored: list.insert,
    onSessionGone: unfinished.forget,
    onUnreachable: connectivity.doubt,
    onSignedOut: session.ended,
  });
  const actions = createFileActions({ pawl, list, toasts, onError });

  async function load() {
    lookedAt = Date.now();
    const asks = [list.refresh(), unfinished.refresh(), businessTypes.load()];
    for (const result of await Promise.allSettled(asks)) {
      if (result.status === "rejected") onError(result.reason);
    }
  }

  function onReachable() {
    transfers.release("connection");
    void load();
  }

  let lookedAt = 0;
  let owner: string | null = null;
  session.store.subscribe(() => {
    const state = session.store.get();
    // What is on its way stays at the server as far as it has come.
    if (state.kind === "out" && !state.ended) {
      transfers.stopAll();
      owner = null;
    }
    if (state.kind === "out") {
      list.clear();
      unfinished.clear();
    }
    if (state.kind !== "in") return;
    // What one person has dropped here is not sent in the name of another.
    if (owner !== null && owner !== state.user.id) transfers.stopAll();
    const isNew = owner !== state.user.id || list.store.get().status === "loading";
    owner = state.user.id;
    transfers.release("sign-in");
    if (isNew) void load();
  });
  transfers.store.subscribe(() => {
    waiting.set(transfers.store.get().filter((transfer) => !isEnded(transfer)).length);
  });

  addEventListener("beforeunload", (event) => {
    if (transfers.store.get().some(isInterruptible)) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    // Signed in in another tab meanwhile, perhaps.
    if (session.store.get().kind === "out") return void session.start();
    if (session.store.get().kind === "in" && Date.now() - lookedAt >= STALE_MS) void load();
  });

  return { ...frame, pawl, businessTypes, transfers, unfinished, list, isEmpty, actions };
}

/** Sessions that are not being sent by this window. */
export function waitingSessions({ unfinished, transfers }: Pick<PageState, "unfinished" | "transfers">) {
  const own = sessionsOf(transfers.store.get());
  return unfinished.store.get().filter(({ id }) => !own.has(id));
}

const PageContext = createContext<PageState>(null as unknown as PageState);
export const PageProvider = PageContext.Provider;
export const usePage = (): PageState => useContext(PageContext);
