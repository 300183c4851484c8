/**
 * Keeps recorded bytes where they are while somebody copies them. Records go on as ever: what is to be removed is marked
 * as such, and its bytes go when nobody holds them any more. Whoever holds them says so again and again, and holds them
 * no longer when the process ends.
 */
export interface RemovalHold {
  readonly isHeld: boolean;
  /** Gives what to renew and release it by; null: somebody else holds them. */
  take(): string | null;
  /** False: it was not held all the time since. */
  renew(id: string): boolean;
  /** One that is over is no error. */
  release(id: string): void;
}

/** To be renewed several times in so long (ms). */
export const HOLD_LEASE_MS = 60_000;

/** `elapsed`: ms, monotonic. */
export function newRemovalHold(elapsed: () => number): RemovalHold {
  let held: { id: string; until: number } | null = null;
  const isHeld = () => {
    if (held !== null && elapsed() >= held.until) held = null;
    return held !== null;
  };
  return {
    get isHeld() {
      return isHeld();
    },
    take() {
      if (isHeld()) return null;
      held = { id: crypto.randomUUID(), until: elapsed() + HOLD_LEASE_MS };
      return held.id;
    },
    renew(id) {
      if (!isHeld() || held!.id !== id) return false;
      held!.until = elapsed() + HOLD_LEASE_MS;
      return true;
    },
    release(id) {
      if (held?.id === id) held = null;
    },
  };
}
