/**
 * The chain over the audit: committed entries are sealed in batches, each seal holding the digests of its entries
 * and the digest of the seal before it. An entry that is changed, removed or slipped in later no longer fits.
 */
import { createHash } from "node:crypto";
import type { Core } from "../core.ts";
import { keys } from "../records/keys.ts";
import type { AuditRecord } from "./entry.ts";

/** Entries of one seal: its value stays below 64 KiB. */
const BATCH = 300;
export const FIRST_LINK = "0".repeat(64);

export interface SealRecord {
  /** From 1, without gaps. */
  n: number;
  /** Ms since 1970. */
  at: number;
  /** `hash` of the seal before; zeros for the first. */
  previous: string;
  entries: SealedEntry[];
  /** SHA-256 over all of the above, lower-case hex. */
  hash: string;
}

export interface SealedEntry {
  id: string;
  /** Of the entry's canonical JSON, lower-case hex. */
  sha256: string;
}

/** Seals one batch of what has been committed since. Two at once are safe: one of them makes the seal. */
export async function sealAudit(core: Core): Promise<{ sealed: number; more: boolean }> {
  const { records, now } = core;
  return await records.transact(async (commit) => {
    // Before the open entries: whoever seals some of them after this makes the commit fail.
    const [last] = await records.page<SealRecord>(keys.auditSeals(), { limit: 1, reverse: true });
    const open = await records.page(keys.auditUnsealedAll(), { limit: BATCH });
    if (open.length === 0) return { sealed: 0, more: false };
    const found = await records.getMany<AuditRecord>(open.map(({ key }) => keys.audit(key.at(-1) as string)));
    const entries = found.flatMap(({ value }) => value ? [{ id: value.id, sha256: entryDigest(value) }] : []);
    const n = (last?.value.n ?? 0) + 1;
    const seal = { n, at: now(), previous: last?.value.hash ?? FIRST_LINK, entries };
    for (const { key } of open) commit.delete(key);
    commit
      .check({ key: keys.auditSeal(n), versionstamp: null })
      .set(keys.auditSeal(n), { ...seal, hash: sealDigest(seal) } satisfies SealRecord);
    return { sealed: entries.length, more: open.length === BATCH };
  });
}

export const entryDigest = (entry: AuditRecord): string => sha256(canonicalJson(entry));

export const sealDigest = ({ n, at, previous, entries }: Omit<SealRecord, "hash">): string =>
  sha256(canonicalJson({ n, at, previous, entries }));

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Members in the order of their names, so that equal values give equal text (RFC 8785 for what entries hold). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
