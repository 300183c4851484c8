/** The filters of the audit, from the address of the page to a request and to the fields of a form. Pure. */

/** As they stand in the page's address. `from` and `until` are moments in ISO 8601, UTC. */
export const AUDIT_FILTERS = [
  "actor",
  "action",
  "targetKind",
  "targetId",
  "outcome",
  "address",
  "from",
  "until",
] as const;
export type AuditFilter = (typeof AUDIT_FILTERS)[number];

/** What is asked for: what is no filter, or no moment, is left out; a target has both of its halves or none. */
export function auditQuery(query: Readonly<Record<string, string>>): Record<string, string> {
  const asked: Record<string, string> = {};
  for (const name of AUDIT_FILTERS) {
    const value = query[name]?.trim() ?? "";
    const isMoment = name === "from" || name === "until";
    if (value !== "" && (!isMoment || !Number.isNaN(Date.parse(value)))) asked[name] = value;
  }
  if (asked.targetKind === undefined || asked.targetId === undefined) {
    delete asked.targetKind;
    delete asked.targetId;
  }
  return asked;
}

/** `2026-11-30T10:15` in the reader's own time, as a field for a date and a time has it; "" for no moment. */
export function localField(iso: string | undefined): string {
  const date = new Date(iso ?? "");
  if (Number.isNaN(date.getTime())) return "";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [String(date.getFullYear()).padStart(4, "0"), two(date.getMonth() + 1), two(date.getDate())];
  return `${day.join("-")}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment that such a field means; "" when it is empty or half filled in. */
export function momentOf(field: string): string {
  const date = new Date(field);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
