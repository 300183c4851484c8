/** What each kind of record must have in its indexes. */
import type { AttachmentRecord, BlobRecord, TokenRecord, UploadRecord } from "../model.ts";
import type { ArchiveRecord } from "../records/archives.ts";
import { indexKeys } from "../records/attachments.ts";
import type { DamagedRecord } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { LEASE_AT_MOST_MS, type LeaseRecord, tokenEntries } from "../records/tokens.ts";
import type { Finding, Repair } from "./finding.ts";
import { keyText } from "./finding.ts";
import { type Check, confirmed, pagesOf, type Step } from "./looking.ts";

type Entries = [Deno.KvKey, unknown][];

interface Indexed {
  prefix: Deno.KvKey;
  /** What one is called in a sentence. */
  what: string;
  /** Nine at the most, so that they are read together with the record. */
  // deno-lint-ignore no-explicit-any -- each table's own kind of record
  entries(value: any, key: Deno.KvKey): Entries;
}

const INDEXED: readonly Indexed[] = [
  {
    prefix: keys.attachments(),
    what: "file",
    entries: (record: AttachmentRecord) => indexKeys(record).map((key) => [key, true]),
  },
  {
    prefix: keys.uploads(),
    what: "upload",
    entries: ({ status, ownerId, createdAt, id }: UploadRecord) =>
      status === "uploading" ? [[keys.uploadByOwner(ownerId, createdAt, id), true]] : [],
  },
  {
    prefix: keys.blobs(),
    what: "blob",
    entries: ({ id, state, sweepAt }: BlobRecord) => [
      ...(sweepAt === null ? [] : [[keys.blobSweep(sweepAt, id), id]] as Entries),
      ...(state === "damaged"
        ? [[keys.blobDamaged(id), { triedWith: null } satisfies DamagedRecord]] as Entries
        : []),
    ],
  },
  { prefix: keys.tokens(), what: "link", entries: (record: TokenRecord) => tokenEntries(record) },
  {
    prefix: ["token_lease"],
    what: "download by a link",
    entries: ({ startedAt }: LeaseRecord, key) => {
      const [, tokenId, client] = key as [string, string, string];
      return [[keys.tokenLeaseEnd(startedAt + LEASE_AT_MOST_MS, { tokenId, client }), true]];
    },
  },
  {
    prefix: ["archive"],
    what: "archive",
    entries: ({ expiresAt, id }: ArchiveRecord) => [[keys.archiveByExpiry(expiresAt, id), true]],
  },
];

/** Each record against its entries. */
export async function* checkExpectedEntries(check: Check): AsyncGenerator<Step> {
  const { records } = check.core;
  for (const indexed of INDEXED) {
    for await (const page of pagesOf(check.core, indexed.prefix)) {
      const expected = page.map(({ key, value }) => indexed.entries(value, key));
      const found = await records.getMany(expected.flat().map(([entry]) => entry));
      let at = 0;
      for (const [index, entries] of expected.entries()) {
        const lacking = found.slice(at, at += entries.length).filter(isAbsent).map(({ key }) =>
          String(key[0])
        );
        if (lacking.length === 0) continue;
        yield await lackingEntries(check, page[index]!, { what: indexed.what, entries, lacking });
      }
      check.count(page.length);
      yield null;
    }
  }
}

const isAbsent = ({ versionstamp }: Deno.KvEntryMaybe<unknown>) => versionstamp === null;

async function lackingEntries(
  { core: { records } }: Check,
  { key, versionstamp }: Deno.KvEntry<unknown>,
  { what, entries, lacking }: { what: string; entries: Entries; lacking: string[] },
): Promise<Finding | null> {
  const repair: Repair = {
    async attempt(commit) {
      const [record, ...found] = await records.getMany([key, ...entries.map(([entry]) => entry)]);
      // What changes a record changes its entries in the same commit.
      if (record!.versionstamp !== versionstamp || !found.some(isAbsent)) return false;
      commit.check(record!);
      for (const [at, entry] of found.entries()) {
        if (isAbsent(entry)) commit.check(entry).set(entry.key, entries[at]![1]);
      }
      return true;
    },
  };
  return await confirmed({
    kind: "missing-entry",
    subject: keyText(key),
    text: `The ${what} ${keyText(key.slice(1))} is missing in ${lacking.join(", ")}.`,
    repair,
  });
}
