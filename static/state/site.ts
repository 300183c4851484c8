/** What the server tells everybody about itself. */
import type { Pawl } from "../../client/mod.ts";
import { createStore, type Store } from "./store.ts";

export interface SiteFacts {
  siteName: string;
  /** None: signing in is switched off. */
  methods: readonly ("link" | "issuer")[];
  /** Address of the OIDC issuer. */
  issuer: string | null;
}

export interface Site {
  store: Store<SiteFacts>;
  load(): Promise<void>;
}

export function createSite(pawl: Pick<Pawl, "request">): Site {
  const store = createStore<SiteFacts>({ siteName: "Pawl", methods: ["link"], issuer: null });
  return {
    store,
    async load() {
      store.set(await pawl.request<SiteFacts>("GET", "api/v1/sign-in"));
    },
  };
}
