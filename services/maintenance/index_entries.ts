/** What each entry of an index leads to. */
import type { AttachmentRecord, BlobRecord, TokenRecord, UploadRecord } from "../model.ts";
import { isIndexedBy } from "../records/attachments.ts";
import { isUsable } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { LEASE_AT_MOST_MS, type LeaseRecord, tokenEntries } from "../records/tokens.ts";
import { type Finding, type FindingKind, keyText } from "./finding.ts";
import { type Check, confirmed, pagesOf, type Step } from "./looking.ts";

type Entry = Deno.KvEntry<unknown>;

interface Index {
  name: string;
  /** Of the record that an entry leads to. May throw for a key that nobody has written so. */
  recordKey(entry: Entry): Deno.KvKey;
  /** Whether it leads there rightly. */
  // deno-lint-ignore no-explicit-any -- each index leads to its own kind of record
  holds(record: any, entry: Entry): boolean;
  /** Default `stale-entry`. */
  kind?: FindingKind;
}

const last = ({ key }: Entry) => String(key.at(-1));

const ofAttachment = (name: string): Index => ({
  name,
  recordKey: (entry) => keys.attachment(last(entry)),
  holds: (record: AttachmentRecord | null, { key }) => record !== null && isIndexedBy(record, key),
});

/** They may outlive the session, but not its record. */
const ofUploadInValue = (name: string): Index => ({
  name,
  recordKey: ({ value }) => keys.upload(String(value)),
  holds: (record: UploadRecord | null) => record !== null,
});

const ofToken = (name: string, id: (entry: Entry) => string): Index => ({
  name,
  recordKey: (entry) => keys.token(id(entry)),
  holds: (record: TokenRecord | null, { key }) =>
    record !== null && tokenEntries(record).some(([entry]) => keyText(entry) === keyText(key)),
});

const isOpen = (record: UploadRecord | null) => record?.status === "uploading";

const INDEXES: readonly Index[] = [
  ...["owner", "type", "business", "content", "name"].map((by) => ofAttachment(`attachment_by_${by}`)),
  ...["deleted", "binned", "shared", "orphan"].map((name) => ofAttachment(`attachment_${name}`)),
  {
    name: "upload_by_owner",
    recordKey: (entry) => keys.upload(last(entry)),
    holds: (record: UploadRecord | null, { key }) =>
      isOpen(record) &&
      keyText(keys.uploadByOwner(record!.ownerId, record!.createdAt, record!.id)) === keyText(key),
  },
  ...["sha256", "fingerprint", "client_id"].map((by) => ofUploadInValue(`upload_by_${by}`)),
  {
    name: "upload_activity",
    kind: "leftover",
    recordKey: (entry) => keys.upload(last(entry)),
    holds: isOpen,
  },
  {
    // Its chunks would be deleted.
    name: "upload_leftover",
    kind: "leftover",
    recordKey: (entry) => keys.upload(last(entry)),
    holds: (record: UploadRecord | null) => !isOpen(record),
  },
  ofToken("token_by_hash", ({ value }) => String(value)),
  ofToken("token_by_attachment", last),
  ofToken("token_by_expiry", last),
  {
    name: "token_lease_end",
    recordKey: ({ key }) => keys.tokenLease({ tokenId: String(key[2]), client: String(key[3]) }),
    holds: (record: LeaseRecord | null, { key }) =>
      record !== null && record.startedAt + LEASE_AT_MOST_MS === key[1],
  },
  {
    name: "download_count",
    kind: "leftover",
    recordKey: (entry) => keys.attachment(last(entry)),
    holds: (record: AttachmentRecord | null) => record !== null,
  },
  {
    name: "blob_by_sha256",
    recordKey: ({ value }) => keys.blob(String(value)),
    holds: (record: BlobRecord | null, { key }) => isUsable(record) && record.sha256 === key[1],
  },
  {
    name: "blob_sweep",
    recordKey: (entry) => keys.blob(last(entry)),
    holds: (record: BlobRecord | null, { key }) => record?.sweepAt === key[1],
  },
  {
    name: "blob_damaged",
    recordKey: (entry) => keys.blob(last(entry)),
    holds: (record: BlobRecord | null) => record?.state === "damaged",
  },
];

/** Each entry against what it leads to. */
export async function* checkIndexEntries(check: Check): AsyncGenerator<Step> {
  const { records } = check.core;
  for (const index of INDEXES) {
    for await (const page of pagesOf(check.core, [index.name])) {
      const recordKeys = page.map((entry) => keyOf(index, entry));
      const found = await records.getMany(recordKeys.map((key, at) => key ?? page[at]!.key));
      for (const [at, entry] of page.entries()) {
        if (recordKeys[at] && index.holds(found[at]!.value, entry)) continue;
        yield await staleEntry(check, index, entry);
      }
      check.count(page.length);
      yield null;
    }
  }
}

function keyOf({ recordKey }: Index, entry: Entry): Deno.KvKey | null {
  try {
    return recordKey(entry);
  } catch {
    return null; // No id.
  }
}

async function staleEntry({ core: { records } }: Check, index: Index, seen: Entry): Promise<Finding | null> {
  const recordKey = keyOf(index, seen);
  return await confirmed({
    kind: index.kind ?? "stale-entry",
    subject: keyText(seen.key),
    text: `The entry ${keyText(seen.key)} leads to nothing, or to something else.`,
    repair: {
      async attempt(commit) {
        const [entry, record] = await records.getMany(recordKey ? [seen.key, recordKey] : [seen.key]);
        if (entry!.versionstamp !== seen.versionstamp) return false;
        if (record && index.holds(record.value, seen)) return false;
        if (record) commit.check(record);
        commit.check(entry!).delete(seen.key);
        return true;
      },
    },
  });
}
