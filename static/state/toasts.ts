/** Short messages that go by themselves, some with a way back. */
import { createStore, type Store } from "./store.ts";
import type { Words } from "../i18n/words.ts";

export interface Toast {
  id: number;
  text: (words: Words) => string;
  /** What the button does; absent: there is none. */
  undo?: () => void;
  /** Shown to be copied by hand. */
  copy?: string;
}

export interface Toasts {
  store: Store<readonly Toast[]>;
  show(toast: Omit<Toast, "id">): void;
  dismiss(id: number): void;
  /** Nothing goes while somebody is about to use one. */
  hold(held: boolean): void;
}

const SHOWN_MS = 7000;
const AT_MOST = 3;

export function createToasts(): Toasts {
  const store = createStore<readonly Toast[]>([]);
  const timers = new Map<number, number>();
  let next = 1;
  let held = false;

  function dismiss(id: number) {
    clearTimeout(timers.get(id));
    timers.delete(id);
    store.update((toasts) => toasts.filter((toast) => toast.id !== id));
  }
  const start = ({ id, copy }: Toast) => {
    if (copy === undefined) timers.set(id, setTimeout(() => dismiss(id), SHOWN_MS) as unknown as number);
  };

  return {
    store,
    dismiss,
    show(toast) {
      const added = { ...toast, id: next++ };
      for (const { id } of store.get().slice(0, -AT_MOST + 1 || undefined)) {
        if (store.get().length >= AT_MOST) dismiss(id);
      }
      store.update((toasts) => [...toasts, added]);
      if (!held) start(added);
    },
    hold(next) {
      if (held === next) return;
      held = next;
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      if (!held) store.get().forEach(start);
    },
  };
}
