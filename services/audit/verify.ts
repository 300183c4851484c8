/** Checks the audit against its chain. */
import { keys } from "../records/keys.ts";
import type { Records } from "../records/records.ts";
import { entryIdAt } from "./audit.ts";
import type { AuditRecord } from "./entry.ts";
import { entryDigest, FIRST_LINK, sealDigest, type SealRecord } from "./seal.ts";

const SEALS_PER_READ = 20;
const ENTRIES_PER_READ = 500;
/** Findings that are named; beyond them only their number is. */
const MAX_FINDINGS = 1000;

export interface AuditVerdict {
  seals: number;
  sealed: number;
  /** Committed, but not sealed yet. */
  unsealed: number;
  /** Digest of the last seal: written down elsewhere, it shows later that nothing was cut off the end. */
  head: string;
  /** A sentence for each thing that does not fit; empty: all is as it was written. */
  findings: string[];
}

/** Entries younger than this (ms) are not looked for as strays: a running server commits and seals meanwhile. */
const SETTLED_MS = 10 * 60_000;

export interface VerifyOptions {
  /** Ms since 1970. */
  now: number;
  /** A digest that was the head before: it must be part of the chain. */
  expected?: string | undefined;
  onProgress?: (checked: { seals: number; entries: number }) => void;
}

/** Reads everything once; changes nothing. Memory is that of the ids of one seal and one page. */
export async function verifyAudit(
  records: Records,
  { now, expected, onProgress }: VerifyOptions,
): Promise<AuditVerdict> {
  const verdict: AuditVerdict = { seals: 0, sealed: 0, unsealed: 0, head: FIRST_LINK, findings: [] };
  const find = (sentence: string) => {
    if (verdict.findings.length < MAX_FINDINGS) verdict.findings.push(sentence);
  };
  let expectedSeen = expected === undefined || expected === FIRST_LINK;
  const settled = entryIdAt(now - SETTLED_MS);
  const isSettled = (id: string) => id < settled;
  // Before the seals: what is sealed meanwhile is counted twice then, and never taken for a stray.
  let known = 0;
  for await (const { id } of allOf(records, { prefix: keys.auditUnsealedAll(), limit: ENTRIES_PER_READ })) {
    verdict.unsealed++;
    if (isSettled(id)) known++;
  }
  const base = (await records.get<AuditBase>(keys.auditBase())).value;
  if (base) verdict.head = base.hash;
  let next = (base?.n ?? 0) + 1;

  for await (
    const { value: seal } of allOf<SealRecord>(records, { prefix: keys.auditSeals(), limit: SEALS_PER_READ })
  ) {
    if (seal.n !== next) find(`Seals ${next} to ${seal.n - 1} are missing.`);
    if (seal.n === next && seal.previous !== verdict.head) {
      find(`Seal ${seal.n} does not follow the one before it.`);
    }
    if (sealDigest(seal) !== seal.hash) find(`Seal ${seal.n} was changed.`);
    await checkEntries(records, seal, find);
    verdict.seals++;
    verdict.sealed += seal.entries.length;
    known += seal.entries.filter(({ id }) => isSettled(id)).length;
    verdict.head = seal.hash;
    if (seal.hash === expected) expectedSeen = true;
    next = seal.n + 1;
    onProgress?.({ seals: verdict.seals, entries: verdict.sealed });
  }
  const strays = await countSettled(records, isSettled) - known;
  if (strays > 0) find(`${strays} entries were never sealed: they were slipped in.`);
  if (!expectedSeen) find(`The chain has no seal ${expected}: it was cut off, or made anew.`);
  return verdict;
}

/** Where the chain begins after old seals have gone. */
export interface AuditBase {
  n: number;
  hash: string;
}

async function checkEntries(
  records: Records,
  seal: SealRecord,
  find: (sentence: string) => void,
): Promise<void> {
  const found = await records.getMany<AuditRecord>(seal.entries.map(({ id }) => keys.audit(id)));
  seal.entries.forEach(({ id, sha256 }, index) => {
    const { value } = found[index]!;
    if (!value) find(`Entry ${id} of seal ${seal.n} is missing.`);
    else if (entryDigest(value) !== sha256) find(`Entry ${id} of seal ${seal.n} was changed.`);
  });
}

async function countSettled(records: Records, isSettled: (id: string) => boolean): Promise<number> {
  let entries = 0;
  for await (const { id } of allOf(records, { prefix: keys.auditAll(), limit: ENTRIES_PER_READ })) {
    if (!isSettled(id)) break;
    entries++;
  }
  return entries;
}

async function* allOf<T>(
  records: Records,
  { prefix, limit }: { prefix: Deno.KvKey; limit: number },
): AsyncGenerator<{ id: string; value: T }> {
  let after: Deno.KvKey | undefined;
  for (;;) {
    const page = await records.page<T>(prefix, { limit, ...(after && { after }) });
    for (const { key, value } of page) yield { id: String(key.at(-1)), value };
    if (page.length < limit) return;
    after = page.at(-1)!.key;
  }
}
