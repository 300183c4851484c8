/** What an audit entry says: who did what to what, when, from where, with which result. */
import type { Caller, RequestOrigin, Role } from "../model.ts";
import type { ProblemCode } from "../problem.ts";

/** A stable contract like the problem codes: names are never changed, only added. */
export const AUDIT_ACTIONS = [
  "upload.open",
  "upload.cancel",
  "upload.fail",
  "upload.expire",
  "attachment.create",
  "attachment.change",
  "attachment.delete",
  "attachment.restore",
  "attachment.bin",
  "attachment.purge",
  "attachment.repair",
  "token.create",
  "token.use",
  "token.revoke",
  "archive.create",
  "session.sign-in",
  "session.sign-out",
  "job.run",
  "store.mend",
  "store.backup",
  "audit.verify",
  "request.refused",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export const TARGET_KINDS = [
  "upload",
  "attachment",
  "token",
  "archive",
  "session",
  "job",
  "store",
  "audit",
  "route",
] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

export interface Target {
  kind: TargetKind;
  /** At most 512 characters. Never a secret: of a token its id. */
  id: string;
}

/** Who acts: a person, somebody who has not signed in, or the system by itself. */
export interface Actor {
  /** null: not signed in, or the system. */
  id: string | null;
  role: Role | "anonymous" | "system";
  /** As decided by the trusted proxies; null: the system. */
  address: string | null;
  requestId: string | null;
}

export const SYSTEM: Readonly<Actor> = { id: null, role: "system", address: null, requestId: null };

/** `from` is for the anonymous; a caller knows where their request came from. */
export function actorOf(caller: Caller | null, from: RequestOrigin | undefined = caller?.from): Actor {
  return {
    id: caller?.id ?? null,
    role: caller?.role ?? "anonymous",
    address: from?.address ?? null,
    requestId: from?.requestId ?? null,
  };
}

/** A few plain values that say what changed; strings are cut at 300 characters. */
export type AuditDetail = Record<string, string | number | boolean | null>;

export interface AuditRecord {
  /** Ordered by time; unique. */
  id: string;
  /** Ms since 1970. */
  at: number;
  actor: Actor;
  action: AuditAction;
  target: Target;
  /** `done`, or the code of the problem that refused it. */
  result: "done" | ProblemCode;
  /** How many equal events this stands for: repeated refusals are counted, not multiplied. */
  count: number;
  detail: AuditDetail;
}

const MAX_TEXT = 300;

/** Cuts what a request may have made long, so that an entry stays far below what the database takes. */
export function bounded(detail: AuditDetail): AuditDetail {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [name, typeof value === "string" ? cut(value) : value]),
  );
}

const cut = (text: string) => text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : text;
