/** Follows the address and changes it, so that reload, back and links lead to the same place. */
import { createStore, type Store } from "../../state/store.ts";
import { formatRoute, parseRoute, type Place, type Route, SECTIONS } from "./route.ts";

export interface Router {
  store: Store<Route>;
  /** Other filters of where somebody is, without a step in the history: they are typed letter by letter. */
  filter(query: Record<string, string>): void;
  go(place: Place): void;
  /** The fragment was used for something else: it says again where somebody is. */
  restore(): void;
  /** Whether somebody has been elsewhere on the page before. */
  moved(): boolean;
}

const START: Route = { section: SECTIONS[0], item: null, query: {} };

export function createRouter(): Router {
  const store = createStore(parseRoute(location.hash) ?? START);
  let moved = false;
  addEventListener("hashchange", ({ newURL }) => {
    // A sign-in link has left the address by now, but is no place.
    const route = parseRoute(new URL(newURL).hash);
    if (route === null) return;
    moved = true;
    const from = store.get();
    store.set(route);
    // A new place begins at its top.
    if (from.section !== route.section || from.item !== route.item) scrollTo(0, 0);
  });
  return {
    store,
    filter(changes) {
      const { query, ...place } = store.get();
      const route = { ...place, query: withoutEmpty({ ...query, ...changes }) };
      history.replaceState(history.state, "", formatRoute(route));
      store.set(route);
    },
    go: (place) => location.hash = formatRoute(place),
    restore() {
      if (location.hash === "") history.replaceState(history.state, "", formatRoute(store.get()));
    },
    moved: () => moved,
  };
}

const withoutEmpty = (query: Record<string, string>) =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
