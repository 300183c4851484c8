/** Uploads that were begun, here or elsewhere, and that no window of this browser is sending. */
import type { Pawl, UploadSession } from "../../client/mod.ts";
import { heldSessions } from "./session_locks.ts";
import { createStore, type Store } from "./store.ts";

/** More are not shown; the rest appears as these are finished or thrown away. */
const AT_MOST = 50;

export interface Unfinished {
  store: Store<readonly UploadSession[]>;
  /** Sessions among them that another window is sending just now. */
  elsewhere: Store<ReadonlySet<string>>;
  refresh(): Promise<void>;
  /** It has ended, or this window knows better. */
  forget(id: string): void;
  discard(id: string): Promise<void>;
  clear(): void;
}

export function createUnfinished(pawl: Pick<Pawl, "uploads">): Unfinished {
  const store = createStore<readonly UploadSession[]>([]);
  const elsewhere = createStore<ReadonlySet<string>>(new Set());
  const forget = (id: string) => store.update((sessions) => sessions.filter((session) => session.id !== id));

  return {
    store,
    elsewhere,
    forget,
    async refresh() {
      const [sessions, held] = await Promise.all([
        firstOf(pawl.uploads.all({ limit: AT_MOST })),
        heldSessions(),
      ]);
      elsewhere.set(held);
      store.set(sessions.filter(({ status }) => status === "uploading"));
    },
    async discard(id) {
      await pawl.uploads.cancel(id);
      forget(id);
    },
    clear: () => store.set([]),
  };
}

/** Pages may be short. */
async function firstOf(all: AsyncIterable<UploadSession>): Promise<UploadSession[]> {
  const sessions: UploadSession[] = [];
  for await (const session of all) {
    sessions.push(session);
    if (sessions.length === AT_MOST) break;
  }
  return sessions;
}
