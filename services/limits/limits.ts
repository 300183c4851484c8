/**
 * Keeps count of what people upload, exactly under any concurrency: one record an owner, changed by check-and-set,
 * and one an upload that says what to give back. Administrators are exempt.
 */
import type { Background } from "../background.ts";
import type { InTurn } from "../in_turn.ts";
import type { Caller, UploadRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import type { LimitsRecord, ShareRecord } from "../records/limits.ts";
import type { Records } from "../records/records.ts";
import { exceededProblem } from "./exceeded.ts";
import {
  admit,
  type Counted,
  current,
  dayOf,
  leaveSlot,
  type LimitRules,
  NOTHING,
  SLOT_MS,
  takeBack,
  type Wanted,
} from "./rules.ts";

/** A slot's end is stored this much (ms) later than it is, so that it is stored seldom. */
const RENEW_EVERY_MS = 20_000;
/** Uploads of unknown length get so many bytes at a time. */
export const STEP_BYTES = 8 * 1024 * 1024;

export interface Admission {
  caller: Caller;
  /** The session's id, or the blob's of a single request. */
  id: string;
  /** Bytes of the file; null: unknown, so that a first step is reserved. */
  bytes: number | null;
  session: boolean;
  /** Of uploads that count as one with an earlier one. */
  slot?: string | undefined;
}

export interface Limits {
  /**
   * Adds the opening of an upload to `commit`, which fails when the owner's count changes meanwhile. Throws
   * `uploads-at-once`, `uploads-per-minute`, `bytes-per-day` or `over-daily-limit`.
   */
  admit(commit: Deno.AtomicOperation, admission: Admission): Promise<void>;
  /** The same in a commit of its own, for what has no other. */
  open(admission: Admission): Promise<void>;
  /** Before bytes of a session are taken: takes its slot again when it was silent for long. Throws `uploads-at-once`. */
  goOn(caller: Caller, id: string): Promise<void>;
  /** Bytes of this upload came. Returns at once. */
  touch(id: string): void;
  /** Before bytes up to `bytes` are taken of an upload of unknown length. Gives what is reserved now. Throws `bytes-per-day`. */
  extend(caller: Caller, of: { id: string; bytes: number }): Promise<number>;
  /** The upload became a file of `bytes`: frees its slot and what was reserved beyond. Again does nothing. */
  settle(ownerId: string, of: { id: string; bytes: number }): Promise<void>;
  /** The upload ended without a file: gives all of it back. Again does nothing. */
  giveBack(ownerId: string, id: string): Promise<void>;
  /** null: exempt. */
  usage(caller: Caller): Promise<Counted | null>;
  /** At start-up: gives back what earlier runs left behind. */
  recover(): Promise<void>;
}

export interface LimitsOptions {
  records: Records;
  rules: LimitRules;
  inTurn: InTurn;
  background: Background;
  now: () => number;
}

interface LiveSlot {
  ownerId: string;
  slot: string;
  lastByteAt: number;
  storedAt: number;
}

export function newLimits({ records, rules, inTurn, background, now }: LimitsOptions): Limits {
  const run = crypto.randomUUID();
  const off = rules.uploadsAtOnce === 0 && rules.uploadsPerMinute === 0 && rules.bytesPerDay === 0;
  const exempt = ({ role }: Pick<Caller, "role">) => off || role === "admin";
  /** By upload: exact, where the records are only near. */
  const live = new Map<string, LiveSlot>();

  /** With what this process knows of when bytes came. */
  function exact(counted: Counted): Counted {
    const slots = { ...counted.slots };
    const ends = new Map<string, number>();
    for (const { slot, lastByteAt } of live.values()) {
      ends.set(slot, Math.max(ends.get(slot) ?? 0, lastByteAt + SLOT_MS));
    }
    for (const slot of Object.keys(slots)) slots[slot] = ends.get(slot) ?? slots[slot]!;
    return { ...counted, slots };
  }

  /** Stored ends are later by the time for which they are not renewed. */
  function stored(counted: Counted, slot: string): Counted {
    return { ...counted, slots: { ...counted.slots, [slot]: now() + SLOT_MS + RENEW_EVERY_MS } };
  }

  function keep(id: string, { ownerId, slot }: Pick<LiveSlot, "ownerId" | "slot">): void {
    live.set(id, { ownerId, slot, lastByteAt: now(), storedAt: now() });
  }

  async function decide(owner: string, wanted: Omit<Wanted, "now">) {
    const entry = await records.get<LimitsRecord>(keys.limits(owner));
    const decision = admit(rules, exact(entry.value ?? NOTHING), { ...wanted, now: now() });
    if ("exceeded" in decision) throw exceededProblem(decision.exceeded, now());
    return { entry, counted: decision.counted };
  }

  async function admitInto(commit: Deno.AtomicOperation, admission: Admission): Promise<void> {
    const { caller, id, session, slot = id } = admission;
    if (exempt(caller)) return;
    const share = await records.get<ShareRecord>(keys.limitsShare(caller.id, id));
    if (share.value) return; // Our own commit, whose answer was lost.
    const bytes = admission.bytes ?? STEP_BYTES;
    const { entry, counted } = await decide(caller.id, { opens: slot === id, slot, bytes });
    commit
      .check(entry, share)
      .set(entry.key, stored(counted, slot))
      .set(
        share.key,
        {
          ownerId: caller.id,
          slot,
          charged: [{ day: counted.day, bytes }],
          session,
          run,
        } satisfies ShareRecord,
      );
    keep(id, { ownerId: caller.id, slot });
  }

  /** Changes share and count together; `change` gives null to leave both. */
  async function changeShare<T>(
    { ownerId, id }: { ownerId: string; id: string },
    change: (
      share: ShareRecord,
      counted: Counted,
    ) => { share: ShareRecord | null; counted: Counted; result: T } | null,
  ): Promise<T | null> {
    return await inTurn(`limits ${ownerId}`, () =>
      records.transact(async (commit) => {
        const share = await records.get<ShareRecord>(keys.limitsShare(ownerId, id));
        if (!share.value) return null;
        const entry = await records.get<LimitsRecord>(keys.limits(ownerId));
        const changed = change(share.value, entry.value ?? NOTHING);
        if (!changed) return null;
        commit.check(share, entry).set(entry.key, changed.counted);
        if (changed.share) commit.set(share.key, changed.share);
        else commit.delete(share.key);
        return changed.result;
      }));
  }

  async function end(ownerId: string, id: string, kept: number): Promise<void> {
    live.delete(id);
    if (off) return;
    await changeShare({ ownerId, id }, (share, counted) => {
      let surplus = share.charged.reduce((sum, { bytes }) => sum + bytes, 0) - kept;
      let after = counted;
      // What was charged last goes back first.
      for (const { day, bytes } of share.charged.toReversed()) {
        const back = Math.min(bytes, Math.max(0, surplus));
        after = takeBack(after, { day, bytes: back });
        surplus -= back;
      }
      const shared = [...live.values()].some(({ slot }) => slot === share.slot);
      return { share: null, counted: shared ? after : leaveSlot(after, share.slot), result: undefined };
    });
  }

  async function renew(id: string, { ownerId, slot }: LiveSlot): Promise<void> {
    await changeShare(
      { ownerId, id },
      (share, counted) => ({ share, counted: stored(counted, slot), result: undefined }),
    );
  }

  return {
    admit: admitInto,

    async open(admission) {
      if (exempt(admission.caller)) return;
      await inTurn(
        `limits ${admission.caller.id}`,
        () => records.transact((commit) => admitInto(commit, admission)),
      );
    },

    async goOn(caller, id) {
      if (exempt(caller)) return;
      const known = live.get(id);
      if (known && now() < known.lastByteAt + SLOT_MS) return;
      const slot = await changeShare({ ownerId: caller.id, id }, (share, counted) => {
        const decision = admit(rules, exact(counted), {
          now: now(),
          opens: false,
          slot: share.slot,
          bytes: 0,
        });
        if ("exceeded" in decision) throw exceededProblem(decision.exceeded, now());
        return { share, counted: stored(decision.counted, share.slot), result: share.slot };
      });
      if (slot !== null) keep(id, { ownerId: caller.id, slot });
    },

    touch(id) {
      const known = live.get(id);
      if (!known) return;
      known.lastByteAt = now();
      if (now() - known.storedAt < RENEW_EVERY_MS) return;
      known.storedAt = now();
      background.run("renew upload slot", () => renew(id, known));
    },

    async extend(caller, { id, bytes }) {
      if (exempt(caller)) return Infinity;
      const reserved = await changeShare({ ownerId: caller.id, id }, (share, counted) => {
        const have = share.charged.reduce((sum, charge) => sum + charge.bytes, 0);
        const wanted = Math.ceil(bytes / STEP_BYTES) * STEP_BYTES - have;
        if (wanted <= 0) return { share, counted, result: have };
        const decision = admit(rules, exact(counted), {
          now: now(),
          opens: false,
          slot: share.slot,
          bytes: wanted,
        });
        if ("exceeded" in decision) throw exceededProblem(decision.exceeded, now());
        const charged = addCharge(share.charged, { day: dayOf(now()), bytes: wanted });
        return {
          share: { ...share, charged },
          counted: stored(decision.counted, share.slot),
          result: have + wanted,
        };
      });
      return reserved ?? Infinity;
    },

    settle: (ownerId, { id, bytes }) => end(ownerId, id, bytes),
    giveBack: (ownerId, id) => end(ownerId, id, 0),

    async usage(caller) {
      if (exempt(caller)) return null;
      const { value } = await records.get<LimitsRecord>(keys.limits(caller.id));
      return current(exact(value ?? NOTHING), now());
    },

    async recover() {
      let after: Deno.KvKey | undefined;
      for (;;) {
        const page = await records.page<ShareRecord>(keys.limitsShares(), {
          limit: 100,
          ...(after && { after }),
        });
        for (const { key, value: share } of page) {
          const id = key.at(-1) as string;
          if (share.run === run) continue;
          const upload = share.session ? (await records.get<UploadRecord>(keys.upload(id))).value : null;
          if (upload?.status === "uploading" || upload?.status === "completing") continue;
          await end(share.ownerId, id, upload?.status === "completed" ? upload.size ?? 0 : 0);
        }
        if (page.length < 100) return;
        after = page.at(-1)!.key;
      }
    },
  };
}

function addCharge(charged: ShareRecord["charged"], { day, bytes }: { day: number; bytes: number }) {
  const last = charged.at(-1);
  if (last?.day !== day) return [...charged, { day, bytes }];
  return [...charged.slice(0, -1), { day, bytes: last.bytes + bytes }];
}
