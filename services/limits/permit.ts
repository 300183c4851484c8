/** What bytes of one upload may come now. Asked for each piece of a body, so that it answers at once where it can. */
import type { Background } from "../background.ts";
import type { ShareRecord } from "../records/limits.ts";
import { chargedBytes } from "../records/limits.ts";
import { type LiveSlots, RENEW_EVERY_MS } from "./live_slots.ts";
import { SLOT_MS } from "./rules.ts";

export interface Permit {
  /**
   * To be waited for before bytes up to `end` (from the file's start) are taken; undefined: they may be at once.
   * Throws `uploads-at-once` after a long silence, `bytes-per-day` and `over-daily-limit` of an unknown length.
   */
  pass(end: number): Promise<void> | undefined;
}

export const EXEMPT: Permit = { pass: () => undefined };

export interface PermitsOptions {
  live: LiveSlots;
  background: Background;
  now: () => number;
  /** The upload's share as it is then; null: it has none. */
  takeAgain(ownerId: string, of: { id: string; end: number }): Promise<ShareRecord | null>;
  /** Stores a later end of the slot. */
  renew(ownerId: string, id: string): Promise<unknown>;
}

export interface Permits {
  of(ownerId: string, id: string): Permit;
  /** The same after the upload has its slot. */
  goOn(ownerId: string, id: string): Promise<Permit>;
}

export function newPermits({ live, background, now, takeAgain, renew }: PermitsOptions): Permits {
  async function take(ownerId: string, { id, end }: { id: string; end: number }): Promise<boolean> {
    const share = await takeAgain(ownerId, { id, end });
    if (!share) return false;
    const { slot, session } = share;
    live.keep({ ownerId, id, slot, reserved: chargedBytes(share), session }, now());
    return true;
  }

  function of(ownerId: string, id: string): Permit {
    return {
      pass(end) {
        const known = live.get(ownerId, id);
        const at = now();
        if (!known || at >= known.lastByteAt + SLOT_MS || end > known.reserved) {
          return take(ownerId, { id, end }).then(() => {});
        }
        known.lastByteAt = at;
        if (at - known.storedAt >= RENEW_EVERY_MS) {
          known.storedAt = at;
          background.run("renew upload slot", async () => void await renew(ownerId, id));
        }
      },
    };
  }

  return {
    of,
    async goOn(ownerId, id) {
      const known = live.get(ownerId, id);
      const fresh = known !== undefined && now() < known.lastByteAt + SLOT_MS;
      return fresh || await take(ownerId, { id, end: 0 }) ? of(ownerId, id) : EXEMPT;
    },
  };
}
