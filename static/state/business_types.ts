/** The kinds of file that the server knows, with what it takes of each. */
import type { Pawl } from "../../client/mod.ts";
import { createStore, type Store } from "./store.ts";

export interface BusinessType {
  name: string;
  maxBytes: number;
  /** Lower-case with their dot; null for any. */
  extensions: string[] | null;
}

export interface BusinessTypes {
  store: Store<readonly BusinessType[]>;
  load(): Promise<void>;
}

export function createBusinessTypes(pawl: Pick<Pawl, "request">): BusinessTypes {
  const store = createStore<readonly BusinessType[]>([]);
  return {
    store,
    async load() {
      const { items } = await pawl.request<{ items: BusinessType[] }>("GET", "api/v1/business-types");
      store.set(items);
    },
  };
}
