/** An event that changes no record: its entry is the whole commit. */
import type { Records } from "../records/records.ts";
import type { Audit, AuditEvent } from "./audit.ts";

/** Resolves when the entry is stored. */
export async function noteAlone(
  { records, audit }: { records: Records; audit: Audit },
  event: AuditEvent,
): Promise<void> {
  await records.transact((commit) => {
    audit.add(commit, event);
    return Promise.resolve();
  });
}
