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
  for (const indexed of INDEXED) {
    for await (const page of pagesOf(check.core, indexed.prefix)) {
      for (const record of page) {
        const finding = await lackingEntries(check, indexed, record);
        if (finding) yield finding;
      }
      check.count(page.length);
      yield null;
    }
  }
}

async function lackingEntries(
  { core: { records } }: Check,
  { what, entries }: Indexed,
  { key, value, versionstamp }: Deno.KvEntry<unknown>,
): Promise<Finding | null> {
  const expected = new Map(
    entries(value, key).map(([entry, content]) => [keyText(entry), { entry, content }]),
  );
  if (expected.size === 0) return null;
  const read = () => records.getMany([key, ...[...expected.values()].map(({ entry }) => entry)]);
  const lacking = (found: Deno.KvEntryMaybe<unknown>[]) => found.filter((one) => one.versionstamp === null);
  const names = lacking(await read()).map(({ key }) => String(key[0]));
  if (names.length === 0) return null;
  const repair: Repair = {
    async attempt(commit) {
      const [record, ...found] = await read();
      // What changes a record changes its entries in the same commit.
      if (record!.versionstamp !== versionstamp || lacking(found).length === 0) return false;
      commit.check(record!);
      for (const entry of lacking(found)) {
        commit.check(entry).set(entry.key, expected.get(keyText(entry.key))!.content);
      }
      return true;
    },
  };
  return await confirmed({
    kind: "missing-entry",
    subject: keyText(key),
    text: `The ${what} ${keyText(key.slice(1))} is missing in ${names.join(", ")}.`,
    repair,
  });
}
