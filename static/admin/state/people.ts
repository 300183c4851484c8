/** What each person has stored, and when that was counted. */
import { createStore, type Store } from "../../state/store.ts";
import type { AdminCalls, PersonUsage } from "../api.ts";
import { createPaged, type Paged } from "./paged.ts";

export interface People {
  list: Paged<PersonUsage>;
  /** null: never yet, or not asked yet. */
  asOf: Store<string | null>;
}

export interface PeopleOptions {
  calls: Pick<AdminCalls, "usage">;
  onError(error: unknown): void;
}

const PAUSE_MS = 10_000;

export function createPeople({ calls, onError }: PeopleOptions): People {
  const asOf = createStore<string | null>(null);
  const list = createPaged<PersonUsage>({
    async ask(query, signal) {
      const { asOf: countedAt, ...page } = await calls.usage(query, signal);
      asOf.set(countedAt);
      return page;
    },
    keyOf: ({ ownerId }) => ownerId,
    pause: () => PAUSE_MS,
    settled: true,
    onError,
  });
  return { list, asOf };
}
