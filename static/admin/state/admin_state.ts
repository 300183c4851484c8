/** All that the administrators' page knows, put together once; components get at it by `useAdmin`. */
import { createContext, useContext } from "hono/jsx/dom";
import { newServer } from "../../../client/server.ts";
import { openCalls } from "../../state/calls.ts";
import { createFrameState, type FrameState } from "../../state/frame_state.ts";
import { createStore, type Store } from "../../state/store.ts";
import { type AdminCalls, adminCalls, type AuditEntry } from "../api.ts";
import type { AdminSentences, AdminWords } from "../words/admin_words.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import { createPaged, type Paged } from "./paged.ts";
import { createRouter, type Router } from "./router.ts";

export type Say = (text: (words: AdminWords) => string) => void;

export interface AdminState extends FrameState {
  calls: AdminCalls;
  router: Router;
  /** Ms since 1970, now and then: what is told as how long ago is told anew. */
  clock: Store<number>;
  /** The sentences on the page, for those who speak outside of it. */
  spoken: Store<AdminSentences | null>;
  /** Says something in passing. */
  say: Say;
  jobs: Jobs;
  audit: Paged<AuditEntry>;
}

const CLOCK_MS = 10_000;

export function createAdminState(): AdminState {
  const pawl = openCalls(newServer({}, {}));
  const calls = adminCalls(pawl);
  const reachable = new Set<() => void>();
  const frame = createFrameState({
    here: "admin",
    pawl,
    onReachable: () => reachable.forEach((now) => now()),
  });
  const { session, toasts, onError } = frame;

  /** Asks at once when the server can be reached again. */
  function current<T extends { now(): void }>(live: T): T {
    reachable.add(live.now);
    return live;
  }

  const clock = createStore(Date.now());
  setInterval(() => document.visibilityState === "visible" && clock.set(Date.now()), CLOCK_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    clock.set(Date.now());
    // Signed in in another tab meanwhile, perhaps.
    if (session.store.get().kind === "out") void session.start();
  });

  const router = createRouter();
  session.store.subscribe(() => {
    // A sign-in link has taken the fragment's place.
    if (session.store.get().kind === "in") router.restore();
  });

  const spoken = createStore<AdminSentences | null>(null);
  const say: Say = (text) =>
    toasts.show({
      text(words) {
        const sentences = spoken.get();
        return sentences === null ? "" : text({ ...words, ...sentences });
      },
    });

  const jobs = createJobs({ calls, say, onError });
  current(jobs.all);
  return {
    ...frame,
    calls,
    router,
    clock,
    spoken,
    say,
    jobs,
    audit: current(createPaged({ ask: calls.audit, keyOf: ({ id }) => id, pause: 5000, onError })),
  };
}

const AdminContext = createContext<AdminState>(null as unknown as AdminState);
export const AdminProvider = AdminContext.Provider;
export const useAdmin = (): AdminState => useContext(AdminContext);
