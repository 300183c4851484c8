/** Writing the audit: an entry is part of the commit that makes the change, so that neither exists without the other. */
import { keys } from "../records/keys.ts";
import {
  type Actor,
  type AuditAction,
  type AuditDetail,
  type AuditRecord,
  bounded,
  type Target,
} from "./entry.ts";

export interface AuditEvent {
  actor: Actor;
  action: AuditAction;
  target: Target;
  /** Default `done`. */
  result?: AuditRecord["result"];
  /** Default 1. */
  count?: number;
  detail?: AuditDetail;
}

export interface Audit {
  /** Adds the entry to `commit`. A commit that is tried again gets a new one; that of the failed try was never stored. */
  add(commit: Deno.AtomicOperation, event: AuditEvent): void;
}

export function newAudit({ now }: { now: () => number }): Audit {
  const newEntryId = entryIds();
  return {
    add(commit, { actor, action, target, result = "done", count = 1, detail = {} }) {
      const at = now();
      const id = newEntryId(at);
      const record: AuditRecord = {
        id,
        at,
        actor,
        action,
        target: { kind: target.kind, id: target.id.slice(0, 512).toWellFormed() },
        result,
        count,
        detail: bounded(detail),
      };
      commit
        .set(keys.audit(id), record)
        .set(keys.auditByTarget(record.target, id), true)
        .set(keys.auditUnsealed(id), true);
    },
  };
}

/**
 * Milliseconds in nine digits of base 36 (until the year 5188), then 64 bits: random, so that other processes make
 * other ones, and rising within a millisecond, so that entries are in the order in which they were made.
 */
function entryIds(): (at: number) => string {
  let last = { at: -1, bits: 0n };
  return (at) => {
    const [random] = crypto.getRandomValues(new BigUint64Array(1));
    const next = last.bits + 1n + (random! & 0xffff_ffffn);
    last = { at, bits: at === last.at ? next : random! >> 1n };
    return `${entryIdAt(at)}-${last.bits.toString(16).padStart(16, "0")}`;
  };
}

/** What ids of entries from `at` (ms since 1970) on are not less than. */
export const entryIdAt = (at: number): string => Math.max(0, Math.floor(at)).toString(36).padStart(9, "0");

export const AUDIT_ID = /^[0-9a-z]{9}-[0-9a-f]{16}$/;
