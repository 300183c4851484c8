/** All that the administrators' page knows, put together once; components get at it by `useAdmin`. */
import { createContext, useContext } from "hono/jsx/dom";
import type { Attachment, Page } from "../../../client/mod.ts";
import { newServer } from "../../../client/server.ts";
import { type BusinessTypes, createBusinessTypes } from "../../state/business_types.ts";
import { openCalls } from "../../state/calls.ts";
import { createFrameState, type FrameState } from "../../state/frame_state.ts";
import { createStore, type Store } from "../../state/store.ts";
import {
  type AdminCalls,
  adminCalls,
  type AdminToken,
  type AuditEntry,
  type Overview,
  type StorageReport,
} from "../api.ts";
import type { AdminSentences, AdminWords } from "../words/admin_words.ts";
import { createFileChanges, type FileChanges } from "./file_changes.ts";
import { createJobs, type Jobs } from "./jobs.ts";
import { createLive, type Live } from "./live.ts";
import { createPaged, type Paged } from "./paged.ts";
import { createPeople, type People } from "./people.ts";
import { createRouter, type Router } from "./router.ts";
import { createUploads, type SeenUpload } from "./uploads.ts";

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
  businessTypes: BusinessTypes;
  overview: Live<Overview>;
  uploads: Paged<SeenUpload>;
  files: Paged<Attachment>;
  /** Deleted ones and those that are hidden from their owners. */
  bin: Paged<Attachment>;
  changes: FileChanges;
  links: Paged<AdminToken>;
  people: People;
  storage: Live<StorageReport>;
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
  const businessTypes = createBusinessTypes(pawl);
  session.store.subscribe(() => {
    if (session.store.get().kind !== "in") return;
    // A sign-in link has taken the fragment's place.
    router.restore();
    businessTypes.load().catch(onError);
  });

  const spoken = createStore<AdminSentences | null>(null);
  // What stands there is said anew in another language.
  spoken.subscribe(() => toasts.store.update((shown) => [...shown]));
  const say: Say = (text) =>
    toasts.show({
      text(words) {
        const sentences = spoken.get();
        return sentences === null ? "" : text({ ...words, ...sentences });
      },
    });

  /** A list by ids. `pause`: seconds; names are not looked for as often. */
  const listOf = <T extends { id: string }>(
    ask: (query: Record<string, string | number>, signal: AbortSignal) => Promise<Page<T>>,
    pause: number,
  ) =>
    current(createPaged({
      ask,
      keyOf: ({ id }) => id,
      pause: ({ q }) => (q === undefined ? pause : 60) * 1000,
      onError,
    }));

  const files = listOf(calls.attachments, 15);
  const bin = listOf(calls.attachments, 15);
  const people = createPeople({ calls, onError });
  const storage = createLive({
    ask: calls.storage,
    // The first files are counted as soon as somebody asks, perhaps just now.
    pause: (report) => report?.files === 0 ? 2000 : 30_000,
    onError,
  });
  const jobs = createJobs({
    calls,
    say,
    onEnd(name) {
      if (name === "storageReport") [storage, people.list].forEach((live) => live.now());
    },
    onError,
  });
  [storage, people.list, jobs.all].forEach((live) => current(live));

  return {
    ...frame,
    calls,
    router,
    clock,
    spoken,
    say,
    businessTypes,
    overview: current(createLive({ ask: calls.overview, pause: () => 5000, onError })),
    uploads: current(createUploads({ calls, onError })),
    files,
    bin,
    changes: createFileChanges({ pawl, lists: [files, bin], say, onError }),
    links: listOf(calls.tokens, 10),
    people,
    storage,
    jobs,
    audit: listOf(calls.audit, 5),
  };
}

const AdminContext = createContext<AdminState>(null as unknown as AdminState);
export const AdminProvider = AdminContext.Provider;
export const useAdmin = (): AdminState => useContext(AdminContext);
