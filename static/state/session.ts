/** Who is signed in in this browser, and staying so while the page is open. */
import type { BrowserSession, Pawl } from "../../client/mod.ts";
import { PawlError } from "../../client/errors.ts";
import { SignInFailed } from "../sign_in/failure.ts";
import { finishSignIn, signOutAtIssuer } from "../sign_in/flow.ts";
import { createStore, type Store } from "./store.ts";

const RENEW_MS = 30 * 60_000;

export type SessionState =
  | { kind: "asking" }
  /** Tried again by itself. */
  | { kind: "unreachable"; error: unknown }
  /**
   * `error`: why a link was refused; `failure`: why a sign-in at the issuer came to nothing; `ended`:
   * somebody was signed in before.
   */
  | { kind: "out"; error: PawlError | null; failure: SignInFailed | null; ended: boolean }
  | ({ kind: "in" } & BrowserSession);

export interface Session {
  store: Store<SessionState>;
  /**
   * Signs in by the issuer's answer or the link's token when there is one, else finds out who is signed in already.
   */
  start(): Promise<void>;
  signOut(): Promise<void>;
  /** A request was answered with 401. */
  ended(): void;
}

/** The link's token; it leaves the address bar, and so the history, before anything else happens. */
export function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

const isUnauthenticated = (error: unknown): error is PawlError =>
  error instanceof PawlError && error.status === 401;

export function createSession(pawl: Pick<Pawl, "session">): Session {
  const store = createStore<SessionState>({ kind: "asking" });
  let renewedAt = 0;
  let token: string | null = null;
  let failure: SignInFailed | null = null;

  const enter = (session: BrowserSession) => {
    renewedAt = Date.now();
    failure = null;
    store.set({ kind: "in", ...session });
  };

  async function start() {
    try {
      const session = await finishSignIn();
      if (session !== null) return enter(session);
    } catch (error) {
      if (!(error instanceof SignInFailed)) throw error;
      failure = error; // Shown unless somebody is signed in already.
    }
    token = takeToken() ?? token;
    try {
      enter(token === null ? await pawl.session.get() : await pawl.session.open(token));
      token = null;
    } catch (error) {
      if (!isUnauthenticated(error)) {
        // The token is kept for the next try.
        if (store.get().kind !== "in") store.set({ kind: "unreachable", error });
        return;
      }
      const fromLink = token !== null;
      token = null;
      // An old link must not sign out who is signed in.
      if (fromLink && store.get().kind !== "in") {
        const session = await pawl.session.get().catch(() => null);
        if (session) return enter(session);
      }
      if (store.get().kind === "in" && fromLink) return;
      // Nobody is signed in: that is no mistake, unless a link was meant to. Who was here before may still come back.
      const before = store.get();
      const ended = before.kind === "out" && before.ended;
      store.set({ kind: "out", error: fromLink ? error : null, failure, ended });
    }
  }

  function ended() {
    const state = store.get();
    if (state.kind === "in") store.set({ kind: "out", error: null, failure: null, ended: true });
  }

  async function renew() {
    const state = store.get();
    if (state.kind !== "in" || state.expiresAt === null) return;
    try {
      enter(await pawl.session.open());
    } catch (error) {
      if (isUnauthenticated(error)) ended();
    }
  }

  setInterval(() => void renew(), RENEW_MS);
  // Timers sleep with the machine.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && Date.now() - renewedAt > RENEW_MS) void renew();
  });

  return {
    store,
    start,
    ended,
    async signOut() {
      const state = store.get();
      await pawl.session.close();
      store.set({ kind: "out", error: null, failure: null, ended: false });
      if (state.kind === "in" && state.signedInBy === "issuer") await signOutAtIssuer();
    },
  };
}
