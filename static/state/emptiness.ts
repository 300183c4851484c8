/** Whether this person has no files at all, as far as is known: it decides how much room the drop zone takes. */
import { type FileList, START_VIEW } from "./file_list.ts";
import { createStore, type Store } from "./store.ts";

const KEY = "pawl-empty";

/**
 * Kept in the browser, so that the page has its shape before the list is there. A search, a filter and the recycle
 * bin say nothing of it: what stands below must not move when somebody turns to them.
 */
export function createEmptiness(list: FileList["store"]): Store<boolean> {
  const store = createStore(read());
  list.subscribe(() => {
    const { items, status, view } = list.get();
    if (status !== "ready" || view.state !== "live") return;
    const isAll = view.q === START_VIEW.q && view.businessType === START_VIEW.businessType;
    if (isAll || items.length > 0) store.set(items.length === 0);
  });
  store.subscribe(() => write(store.get()));
  return store;
}

/** Nobody has been here before: there are no files yet. */
function read(): boolean {
  try {
    return localStorage.getItem(KEY) !== "false";
  } catch {
    return true;
  }
}

function write(isEmpty: boolean): void {
  try {
    localStorage.setItem(KEY, String(isEmpty));
  } catch {
    // Known for this page only.
  }
}
