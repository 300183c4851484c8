/** An entry of the audit in words. Pure. */
import type { AuditEntry } from "../api.ts";
import { jobName } from "../jobs/job_text.ts";
import type { AdminWords } from "../words/admin_words.ts";

const BYTES = /^(?:size|bytes\w*|\w+Bytes)$/;

export function actionName({ a }: AdminWords, action: string): string {
  return known(a.audit.actions, action);
}

export function targetName({ a }: AdminWords, kind: string): string {
  return known(a.audit.targets, kind);
}

export function actorName({ a }: AdminWords, { id, role }: AuditEntry["actor"]): string {
  return id ?? (role === "system" ? a.audit.roles.system : a.audit.roles.anonymous);
}

/** What it was done to, as people would call it. */
export function subjectOf(words: AdminWords, { target, detail }: AuditEntry): string {
  if (typeof detail.fileName === "string") return detail.fileName;
  return target.kind === "job" ? jobName(words, target.id) : target.id;
}

/** A member of the detail, with the name that it has in the record. */
export function detailText(
  { format }: AdminWords,
  name: string,
  value: AuditEntry["detail"][string],
): string {
  return typeof value === "number" && BYTES.test(name) ? format.bytes(value) : String(value ?? "–");
}

function known(names: Record<string, string>, name: string): string {
  return Object.hasOwn(names, name) ? names[name]! : name;
}
