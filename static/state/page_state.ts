/** All that the page knows, put together once; components get at it by `usePage`. */
import { createContext, useContext } from "hono/jsx/dom";
import { PawlError } from "../../client/mod.ts";
import { type BusinessTypes, createBusinessTypes } from "./business_types.ts";
import { type Connection, openConnection } from "./connection.ts";
import { type Connectivity, createConnectivity } from "./connectivity.ts";
import { createFileActions, type FileActions } from "./file_actions.ts";
import { createFileList, type FileList } from "./file_list.ts";
import type { Preferences } from "./preference_values.ts";
import { openPreferences } from "./preferences.ts";
import { createSession, type Session } from "./session.ts";
import { isUnreachable } from "./setback.ts";
import { createSite, type Site } from "./site.ts";
import type { Store } from "./store.ts";
import { createToasts, type Toasts } from "./toasts.ts";
import { isInterruptible, sessionsOf } from "./transfer.ts";
import { createTransfers, type Transfers } from "./transfers.ts";
import { createUnfinished, type Unfinished } from "./unfinished.ts";

export interface PageState {
  pawl: Connection;
  preferences: Store<Preferences>;
  site: Site;
  session: Session;
  connectivity: Connectivity;
  businessTypes: BusinessTypes;
  transfers: Transfers;
  unfinished: Unfinished;
  list: FileList;
  actions: FileActions;
  toasts: Toasts;
  /** Somebody who is signed in wants to go. What is on its way stays at the server as far as it has come. */
  signOut(): Promise<void>;
}

/** A window that was away for so long asks anew what there is. */
const STALE_MS = 30_000;

export function createPageState({ hashWorkerUrl }: { hashWorkerUrl: string | null }): PageState {
  const pawl = openConnection({ hashWorkerUrl });
  const preferences = openPreferences();
  const site = createSite(pawl);
  const session = createSession(pawl);
  const businessTypes = createBusinessTypes(pawl);
  const toasts = createToasts();
  const unfinished = createUnfinished(pawl);
  const connectivity = createConnectivity(pawl, onReachable);

  /** What a failure means for the page as a whole, beside being told where it happened. */
  function onError(error: unknown) {
    if (!(error instanceof PawlError)) return;
    if (error.status === 401) session.ended(error);
    if (isUnreachable(error)) connectivity.doubt();
  }

  const list = createFileList({ pawl, onError });
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
    const { kind } = session.store.get();
    if (kind === "unreachable") return void session.start();
    if (kind !== "in") return;
    transfers.release("connection");
    void load();
  }

  let lookedAt = 0;
  let owner: string | null = null;
  session.store.subscribe(() => {
    const state = session.store.get();
    if (state.kind === "unreachable") connectivity.doubt();
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

  addEventListener("hashchange", () => {
    // A sign-in link opened in this very tab changes the fragment alone.
    if (location.hash.includes("token=")) void session.start();
  });
  addEventListener("beforeunload", (event) => {
    if (transfers.store.get().some(isInterruptible)) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || Date.now() - lookedAt < STALE_MS) return;
    // Signed in in another tab meanwhile, perhaps.
    if (session.store.get().kind === "out") void session.start();
    if (session.store.get().kind === "in") void load();
  });

  return {
    pawl,
    preferences,
    site,
    session,
    connectivity,
    businessTypes,
    transfers,
    unfinished,
    list,
    actions,
    toasts,
    async signOut() {
      try {
        await session.signOut();
        toasts.show({ text: ({ m }) => m.done.signedOut });
      } catch (error) {
        onError(error);
      }
    },
  };
}

/** Sessions that are not being sent by this window. */
export function waitingSessions({ unfinished, transfers }: Pick<PageState, "unfinished" | "transfers">) {
  const own = sessionsOf(transfers.store.get());
  return unfinished.store.get().filter(({ id }) => !own.has(id));
}

const PageContext = createContext<PageState>(null as unknown as PageState);
export const PageProvider = PageContext.Provider;
export const usePage = (): PageState => useContext(PageContext);
