/** Whether the server can be reached. Asked only when there is a reason to doubt: `navigator.onLine` is no answer. */
import type { Pawl } from "../../client/mod.ts";
import { createStore, type Store } from "./store.ts";

const FIRST_MS = 1000;
const LONGEST_MS = 15_000;

export interface Connectivity {
  reachable: Store<boolean>;
  /** Something did not get through: finds out, and keeps asking until the server answers. */
  doubt(): void;
}

/** `onReachable` is called each time the server answers after a doubt. */
export function createConnectivity(pawl: Pick<Pawl, "ping">, onReachable: () => void): Connectivity {
  const reachable = createStore(true);
  let asking = false;
  let wake: (() => void) | null = null;

  async function ask() {
    for (let pause = FIRST_MS;; pause = Math.min(LONGEST_MS, pause * 2)) {
      try {
        await pawl.ping({ signal: AbortSignal.timeout(10_000), retries: 0 });
        return;
      } catch {
        reachable.set(false);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = null;
    }
  }

  async function doubt() {
    if (asking) return;
    asking = true;
    await ask();
    asking = false;
    reachable.set(true);
    onReachable();
  }

  addEventListener("offline", () => void doubt());
  addEventListener("online", () => {
    wake?.();
    void doubt();
  });
  return { reachable, doubt: () => void doubt() };
}
