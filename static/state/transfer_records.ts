/** The transfers there are, and the list that is drawn of them: a few times a second, however many change. */
import { createStore, type Store } from "./store.ts";
import type { Transfer } from "./transfer.ts";

/** Shown figures change so often; people cannot read faster. */
export const DRAW_MS = 200;

export interface TransferRecords {
  /** By id, in the order in which they were added. */
  transfers: Map<number, Transfer>;
  /** What was last drawn. A transfer that has not changed is the same object. */
  store: Store<readonly Transfer[]>;
  /** Drawn within `DRAW_MS`. Does nothing for one that has been removed. */
  change(id: number, values: Partial<Transfer>): void;
  /** At once: for what somebody has just done. */
  draw(): void;
}

export function createTransferRecords(): TransferRecords {
  const store = createStore<readonly Transfer[]>([]);
  const transfers = new Map<number, Transfer>();
  let drawing: ReturnType<typeof setTimeout> | null = null;

  function draw() {
    if (drawing !== null) clearTimeout(drawing);
    drawing = null;
    store.set([...transfers.values()]);
  }

  return {
    transfers,
    store,
    draw,
    change(id, values) {
      const transfer = transfers.get(id);
      if (!transfer) return;
      transfers.set(id, { ...transfer, ...values });
      drawing ??= setTimeout(draw, DRAW_MS);
    },
  };
}
