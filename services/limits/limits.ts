/**
 * Keeps count of what people upload, exactly under any concurrency: one record an owner, changed by check-and-set,
 * and one an upload that says what to give back. Administrators are exempt. An upload without a share of its own is
 * not counted: it was begun by an administrator, or while all limits were switched off.
 */
import type { Background } from "../background.ts";
import type { InTurn } from "../in_turn.ts";
import type { Caller, UploadRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import { chargedBytes, type LimitsRecord, type ShareRecord } from "../records/limits.ts";
import type { Records } from "../records/records.ts";
import { exceededProblem } from "./exceeded.ts";
import { newLiveSlots, RENEW_EVERY_MS } from "./live_slots.ts";
import { EXEMPT, newPermits, type Permit } from "./permit.ts";
import * as rule from "./rules.ts";
import { newShares, recoverShares, type ShareOf } from "./shares.ts";

export interface Admission {
  /** The session's id, or the blob's of a single request. */
  id: string;
  /** Bytes of the file; null: unknown, so that a first step is reserved. */
  bytes: number | null;
  /** Of unknown length, but no longer than this. */
  atMost?: number | null;
  /** Whether a session stands behind it, or will. */
  session: boolean;
  /** A part of later final uploads: counts as one with those that began at nearly the same time. */
  partial?: boolean;
}

/** What an attempt may add to its commit, which fails when the owner's count changes meanwhile. All throw the refusals. */
export interface Counting {
  /** A new upload. Again, by a commit that is tried again, does nothing. */
  admit(admission: Admission): Promise<void>;
  /** An upload that is over with its commit and brings no bytes. */
  admitInstant(): Promise<void>;
  /** A final upload: counted with its parts the first time, an upload of 0 bytes each further time. */
  join(final: { id: string; parts: string[] }): Promise<void>;
}

export interface Limits {
  /**
   * Runs `attempt` as `records.transact` does, in its owner's turn; what it counts, counts when it is committed.
   * Throws `uploads-at-once`, `uploads-per-minute`, `bytes-per-day` or `over-daily-limit`.
   */
  transact<T>(
    caller: Caller,
    attempt: (commit: Deno.AtomicOperation, counting: Counting) => Promise<T>,
  ): Promise<T>;
  /** Admits in a commit of its own, for what has no other. */
  open(caller: Caller, admission: Admission): Promise<Permit>;
  /** Before bytes of a session are taken: takes its slot again when it was silent for long. Throws `uploads-at-once`. */
  goOn(caller: Caller, id: string): Promise<Permit>;
  /** Commits of an owner whose count may change too go one after the other, so that they do not conflict. */
  inTurn<T>(ownerId: string, run: () => Promise<T>): Promise<T>;
  /** Adds to `commit`, which stores the session of an upload that was opened before, that this was not given back meanwhile. */
  hold(commit: Deno.AtomicOperation, upload: { ownerId: string; id: string }): Promise<void>;
  /** Adds to `commit` that the upload has `bytes` in all: charges the rest, or gives back. Throws as `transact` does. */
  resize(commit: Deno.AtomicOperation, upload: { ownerId: string; id: string; bytes: number }): Promise<void>;
  /** Whether uploads of this owner that were opened in this process are counted. To be asked before they end. */
  isCounting(ownerId: string): boolean;
  /** Adds to `commit` the end of an upload, with a file of `keeps` bytes or without: gives the rest back. */
  end(commit: Deno.AtomicOperation, upload: { ownerId: string; id: string; keeps: number }): Promise<void>;
  /** The uploads became files, or parts of one: in commits of its own. Again does nothing. */
  settle(ownerId: string, uploads: { id: string; keeps: number }[]): Promise<void>;
  /** The upload ended without a file: gives all of it back. Again does nothing; what fails is tried in the background. */
  giveBack(ownerId: string, id: string): Promise<void>;
  /** Whether nothing stands any more behind a share, whose session is `upload`; null: there is no such session. */
  isLeftBehind(share: ShareRecord, upload: UploadRecord | null): boolean;
  /** null: exempt. */
  usage(caller: Caller): Promise<LimitsRecord | null>;
  /** At start-up: gives back what earlier runs left behind. */
  recover(): Promise<void>;
}

export interface LimitsOptions {
  records: Records;
  rules: rule.LimitRules;
  inTurn: InTurn;
  background: Background;
  now: () => number;
}

const NOT_COUNTED: Counting = {
  admit: () => Promise.resolve(),
  admitInstant: () => Promise.resolve(),
  join: () => Promise.resolve(),
};

export function newLimits({ records, rules, inTurn, background, now }: LimitsOptions): Limits {
  const run = crypto.randomUUID();
  const off = rules.uploadsAtOnce === 0 && rules.uploadsPerMinute === 0 && rules.bytesPerDay === 0;
  const exempt = ({ role }: Pick<Caller, "role">) => off || role === "admin";
  const live = newLiveSlots();
  const turn = <T>(ownerId: string, run: () => Promise<T>) => inTurn(`limits ${ownerId}`, run);
  const shares = newShares({ records, live, turn });

  /** The count as it is after `wanted`, or the refusal. */
  function decided(before: LimitsRecord, wanted: Omit<rule.Wanted, "now">): LimitsRecord {
    const decision = rule.admit(rules, before, { ...wanted, now: now() });
    if ("exceeded" in decision) throw exceededProblem(decision.exceeded, now());
    return decision.counted;
  }

  async function countOf(ownerId: string) {
    const entry = await records.get<LimitsRecord>(keys.limits(ownerId));
    return { entry, counted: live.exact(ownerId, { ...rule.NOTHING, ...entry.value }) };
  }

  /** What `share` may take at least up to `end`: a step more, in the count and in the share. */
  function extended({ share, counted }: ShareOf, end: number): ShareOf {
    const have = chargedBytes(share);
    if (end <= have) return { share, counted };
    const least = end - have;
    const bytes = rule.stepOf(rules, counted, { now: now(), least, most: Infinity });
    const after = decided(counted, { opens: false, slot: share.slot, bytes, file: end });
    return { share: charge(share, { day: after.day, bytes }), counted: renewed(after, share.slot) };
  }

  /** With a slot's stored end. */
  function renewed(counted: LimitsRecord, slot: string): LimitsRecord {
    if (!(slot in counted.slots)) return counted;
    return { ...counted, slots: { ...counted.slots, [slot]: now() + rule.SLOT_MS + RENEW_EVERY_MS } };
  }

  function countingOf(
    commit: Deno.AtomicOperation,
    { caller, begun }: { caller: Caller; begun: Map<string, ShareRecord> },
  ): Counting {
    const ownerId = caller.id;
    async function admit(admission: Admission): Promise<void> {
      const { id, bytes, atMost, session, partial = false } = admission;
      const share = await records.get<ShareRecord>(keys.limitsShare(ownerId, id));
      if (share.value) return; // Our own commit, whose answer was lost.
      const { entry, counted } = await countOf(ownerId);
      const siblings = partial ? rule.siblingSlot(counted, now()) : null;
      const slot = siblings ?? id;
      const step = () => rule.stepOf(rules, counted, { now: now(), least: 1, most: atMost ?? Infinity });
      const reserved = bytes ?? step();
      const wanted = { opens: siblings === null, slot, bytes: reserved, file: bytes ?? 1 };
      const admitted = renewed(decided(counted, wanted), slot);
      const after = partial ? rule.addSibling(admitted, { slot, now: now() }) : admitted;
      const record: ShareRecord = {
        ownerId,
        slot,
        charged: [{ day: after.day, bytes: reserved }],
        session,
        run,
      };
      commit.check(entry, share).set(entry.key, live.stored(ownerId, after)).set(share.key, record);
      begun.set(id, record);
    }
    return {
      admit,
      async admitInstant() {
        const { entry, counted } = await countOf(ownerId);
        const after = decided(counted, { opens: true, slot: null, bytes: 0, file: 0 });
        commit.check(entry).set(entry.key, live.stored(ownerId, after));
      },
      async join({ id, parts }) {
        const part = await records.get<ShareRecord>(keys.limitsShare(ownerId, parts[0]!));
        const first = part.value &&
          await records.get<ShareRecord>(keys.limitsShare(ownerId, part.value.slot));
        if (!first?.value || first.value.joinedBy !== undefined) {
          return await admit({ id, bytes: 0, session: true });
        }
        const { entry, counted } = await countOf(ownerId);
        const after = rule.closeSiblings(counted, first.value.slot);
        commit.check(first, entry).set(first.key, { ...first.value, joinedBy: id } satisfies ShareRecord)
          .set(entry.key, live.stored(ownerId, after));
      },
    };
  }

  async function transact<T>(
    caller: Caller,
    attempt: (commit: Deno.AtomicOperation, counting: Counting) => Promise<T>,
  ): Promise<T> {
    if (exempt(caller)) return await records.transact((commit) => attempt(commit, NOT_COUNTED));
    return await turn(caller.id, async () => {
      const begun = new Map<string, ShareRecord>();
      const result = await records.transact((commit) => {
        begun.clear();
        return attempt(commit, countingOf(commit, { caller, begun }));
      });
      for (const [id, share] of begun) {
        const { slot, session } = share;
        live.keep({ ownerId: caller.id, id, slot, reserved: chargedBytes(share), session }, now());
      }
      return result;
    });
  }

  function isLeftBehind(share: ShareRecord, upload: UploadRecord | null): boolean {
    // Sessions of this run may come to be stored later than their shares.
    if (upload === null) return share.run !== run;
    return share.session && upload.status !== "uploading";
  }

  const permits = newPermits({
    live,
    background,
    now,
    /** Takes the slot again, and what is needed to go on up to `end`. */
    takeAgain: (ownerId, { id, end }) =>
      shares.change({ ownerId, id }, ({ share, counted }) => {
        const exact = live.exact(ownerId, counted);
        const after = decided(exact, { opens: false, slot: share.slot, bytes: 0, file: 0 });
        return extended({ share, counted: renewed(after, share.slot) }, end);
      }),
    renew: (ownerId, id) =>
      shares.change({ ownerId, id }, ({ share, counted }) => ({
        share,
        counted: share.slot in counted.slots ? renewed(counted, share.slot) : counted,
      })),
  });

  return {
    transact,

    async open(caller, admission) {
      if (exempt(caller)) return EXEMPT;
      await transact(caller, (_commit, counting) => counting.admit(admission));
      return permits.of(caller.id, admission.id);
    },

    async goOn(caller, id) {
      if (exempt(caller)) return EXEMPT;
      return await permits.goOn(caller.id, id);
    },

    inTurn: (ownerId, run) => live.hasAny(ownerId) ? turn(ownerId, run) : run(),

    async hold(commit, { ownerId, id }) {
      if (!live.hasAny(ownerId)) return;
      commit.check(await records.get(keys.limitsShare(ownerId, id)));
    },

    async resize(commit, { ownerId, id, bytes }) {
      if (off) return;
      await shares.changeIn(commit, { ownerId, id }, ({ share, counted }) => {
        const have = chargedBytes(share);
        if (have >= bytes) return shares.shrunk({ share, counted }, bytes);
        const exact = live.exact(ownerId, counted);
        const wanted = { opens: false, slot: share.slot, bytes: bytes - have, file: bytes };
        const after = decided(exact, wanted);
        return {
          share: charge(share, { day: after.day, bytes: bytes - have }),
          counted: renewed(after, share.slot),
        };
      });
    },

    isCounting: (ownerId) => live.hasAny(ownerId),

    async end(commit, { ownerId, id, keeps }) {
      if (off) return;
      await shares.endIn(commit, { ownerId, uploads: [{ id, keeps }] });
    },

    settle: (ownerId, uploads) => off ? Promise.resolve() : shares.endAll(ownerId, uploads),

    async giveBack(ownerId, id) {
      if (off) return;
      const giveBack = () => shares.endAll(ownerId, [{ id, keeps: 0 }]);
      await giveBack().catch(() => background.run("give back limits", giveBack));
    },

    isLeftBehind: (share, upload) => !off && isLeftBehind(share, upload),

    async usage(caller) {
      if (exempt(caller)) return null;
      return rule.current((await countOf(caller.id)).counted, now());
    },

    recover: () => recoverShares({ records, shares, isLeftBehind }),
  };
}

function charge(share: ShareRecord, { day, bytes }: { day: number; bytes: number }): ShareRecord {
  const last = share.charged.at(-1);
  const charged = last?.day === day
    ? [...share.charged.slice(0, -1), { day, bytes: last.bytes + bytes }]
    : [...share.charged, { day, bytes }];
  return { ...share, charged };
}
