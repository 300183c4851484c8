/** What every page knows, whatever it is for: who is signed in, what was chosen, whether the server can be reached. */
import { createContext, useContext } from "hono/jsx/dom";
import { PawlError } from "../../client/errors.ts";
import type { Calls } from "./calls.ts";
import { type Connectivity, createConnectivity } from "./connectivity.ts";
import type { Preferences } from "./preference_values.ts";
import { openPreferences } from "./preferences.ts";
import { createSession, type Session } from "./session.ts";
import { isUnreachable } from "./setback.ts";
import { createSite, type Site } from "./site.ts";
import { createStore, type Store } from "./store.ts";
import { createToasts, type Toasts } from "./toasts.ts";

export interface FrameState {
  /** The page that this is; the other one is offered to those who may see it. */
  here: "files" | "admin";
  pawl: Calls;
  preferences: Store<Preferences>;
  site: Site;
  session: Session;
  connectivity: Connectivity;
  toasts: Toasts;
  /** How many files of this window wait for something; they would be lost with it. */
  waiting: Store<number>;
  /** What a failure means for the page as a whole, beside being told where it happened. */
  onError(error: unknown): void;
  /** Somebody who is signed in wants to go. */
  signOut(): Promise<void>;
}

export interface FrameOptions {
  here: FrameState["here"];
  pawl: Calls;
  /** The server answers again after it could not be reached, and somebody is signed in. */
  onReachable(): void;
}

export function createFrameState({ here, pawl, onReachable }: FrameOptions): FrameState {
  const session = createSession(pawl);
  const toasts = createToasts();
  const connectivity = createConnectivity(pawl, () => {
    const { kind } = session.store.get();
    if (kind === "unreachable") void session.start();
    if (kind === "in") onReachable();
  });

  function onError(error: unknown) {
    if (!(error instanceof PawlError)) return;
    if (error.status === 401) session.ended();
    if (isUnreachable(error)) connectivity.doubt();
  }

  session.store.subscribe(() => {
    if (session.store.get().kind === "unreachable") connectivity.doubt();
  });
  addEventListener("hashchange", () => {
    // A sign-in link opened in this very tab changes the fragment alone.
    if (location.hash.includes("token=")) void session.start();
  });

  return {
    here,
    pawl,
    preferences: openPreferences(),
    site: createSite(pawl),
    session,
    connectivity,
    toasts,
    waiting: createStore(0),
    onError,
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

const FrameContext = createContext<FrameState>(null as unknown as FrameState);
export const FrameProvider = FrameContext.Provider;
export const useFrame = (): FrameState => useContext(FrameContext);
