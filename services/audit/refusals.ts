/**
 * Refusals in the audit. The first of a kind is written at once; equal ones of the same caller are counted and
 * written as one entry a minute, so that nobody can fill the database by being refused.
 */
import type { Background } from "../background.ts";
import type { ProblemCode } from "../problem.ts";
import type { Records } from "../records/records.ts";
import type { Audit } from "./audit.ts";
import type { Actor, AuditDetail, Target } from "./entry.ts";
import { noteAlone } from "./note.ts";

/** Kinds that are told apart at a time; what is beyond them is counted as one. */
const MAX_KINDS = 2000;

export interface Refusal {
  actor: Actor;
  /**
   * Method and route pattern, so that their number is bounded: `PUT /api/v1/uploads/:id`. Of a link that there is the
   * link: whoever asks for it knows its secret.
   */
  target: Target;
  code: ProblemCode;
  /** Whatever else tells what was wanted; of counted ones that of the latest. */
  detail: AuditDetail;
}

export interface Refusals {
  /** Returns at once. */
  note(refusal: Refusal): void;
  /** Writes what was counted. To be called every minute, and before the end. */
  flush(): Promise<void>;
}

interface Kind extends Refusal {
  /** Since the last entry. */
  count: number;
}

export interface RefusalsOptions {
  records: Records;
  audit: Audit;
  background: Background;
}

export function newRefusals({ records, audit, background }: RefusalsOptions): Refusals {
  const kinds = new Map<string, Kind>();

  async function write({ actor, target, code, count, detail }: Kind): Promise<void> {
    const event = { actor, action: "request.refused", target, result: code, count, detail } as const;
    await noteAlone({ records, audit }, event);
  }

  return {
    note(refusal) {
      const { actor, target, code, detail } = refusal;
      let key = JSON.stringify([actor.id, actor.address, target.kind, target.id, code]);
      let noted = refusal;
      if (!kinds.has(key) && kinds.size >= MAX_KINDS) {
        key = code;
        noted = {
          actor: { id: null, role: "anonymous", address: null, requestId: null },
          target: { kind: "route", id: "many" },
          code,
          detail: {},
        };
      }
      const known = kinds.get(key);
      if (known) {
        known.count++;
        known.detail = detail;
        return;
      }
      kinds.set(key, { ...noted, count: 0 });
      background.run("audit refusal", () => write({ ...noted, count: 1 }));
    },

    async flush() {
      for (const [key, kind] of [...kinds]) {
        const { count } = kind;
        if (count === 0) {
          kinds.delete(key); // Quiet for a minute: the next one is a first one again.
          continue;
        }
        await write({ ...kind, count });
        kind.count -= count;
      }
    },
  };
}
