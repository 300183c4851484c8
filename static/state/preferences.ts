/** What a person chose for this browser, as a store: changes take effect and are kept at once. */
import { applyPreferences } from "./apply_preferences.ts";
import {
  type Preferences,
  readPreferences,
  storedPreferences,
  storePreferences,
} from "./preference_values.ts";
import { createStore, type Store } from "./store.ts";

export function openPreferences(): Store<Preferences> {
  const store = createStore(readPreferences(storedPreferences(), navigator.languages));
  store.subscribe(() => {
    applyPreferences(document.documentElement, store.get());
    storePreferences(store.get());
  });
  return store;
}
