/**
 * Every key of the Deno KV, in one place: the table of ARCHITECTURE.md in code. Owners are checked by pattern
 * before they come here; digests and ids are ours; free text (fingerprints, business ids) enters as SHA-256.
 */
import { createHash } from "node:crypto";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

/** Ids of ours as they are, so that those that rise with time stand beside each other; whatever is longer by its digest. */
const short = (id: string) => id.length <= 40 ? id : digest(id);

export const keys = {
  // Upload sessions
  upload: (id: string) => ["upload", id],
  uploads: () => ["upload"],
  uploadChunk: (id: string, offset: number) => ["upload_chunk", id, offset],
  uploadChunks: (id: string) => ["upload_chunk", id],
  uploadChunksAll: () => ["upload_chunk"],
  uploadActivity: (id: string) => ["upload_activity", id],
  uploadByOwner: (owner: string, createdAt: number, id: string) => ["upload_by_owner", owner, createdAt, id],
  uploadsByOwner: (owner: string) => ["upload_by_owner", owner],
  /** All open ones. */
  uploadsOpen: () => ["upload_by_owner"],
  uploadBySha256: (owner: string, sha256: string, of: { size: number; businessType: string }) => [
    "upload_by_sha256",
    owner,
    sha256,
    of.size,
    of.businessType,
  ],
  uploadByFingerprint: (owner: string, fingerprint: string, of: { size: number; businessType: string }) => [
    "upload_by_fingerprint",
    owner,
    digest(fingerprint),
    of.size,
    of.businessType,
  ],
  uploadByClientId: (owner: string, clientId: string) => ["upload_by_client_id", owner, digest(clientId)],
  uploadByExpiry: (time: number, id: string) => ["upload_by_expiry", time, id],
  uploadsByExpiry: () => ["upload_by_expiry"],
  /** Sessions that ended and still have chunk records to delete. */
  uploadLeftover: (id: string) => ["upload_leftover", id],
  uploadLeftovers: () => ["upload_leftover"],

  // Attachments
  attachment: (id: string) => ["attachment", BigInt(id)],
  attachments: () => ["attachment"],
  attachmentByOwner: (owner: string, bin: Bin, id: string) => ["attachment_by_owner", owner, bin, BigInt(id)],
  attachmentsByOwner: (owner: string, bin: Bin) => ["attachment_by_owner", owner, bin],
  attachmentByBusiness: (of: BusinessKey, bin: Bin, id: string) => [...business(of, bin), BigInt(id)],
  attachmentsByBusiness: (of: BusinessKey, bin: Bin) => business(of, bin),
  /** Live ones that not only their owner may read, of all owners. */
  attachmentShared: (of: SharedKey, id: string) => [...shared(of), BigInt(id)],
  attachmentsShared: (of: SharedKey) => shared(of),
  /** Live ones; names are compared in NFC. */
  attachmentByName: (owner: string, fileName: string, id: string) => [...named(owner, fileName), BigInt(id)],
  attachmentsByName: (owner: string, fileName: string) => named(owner, fileName),
  attachmentByContent: (owner: string, sourceSha256: string, id: string) => [
    "attachment_by_content",
    owner,
    sourceSha256,
    BigInt(id),
  ],
  attachmentsByContent: (owner: string, sourceSha256: string) => [
    "attachment_by_content",
    owner,
    sourceSha256,
  ],
  /** In the recycle bin of their owners, by the time of the delete. */
  attachmentDeleted: (time: number, id: string) => ["attachment_deleted", time, BigInt(id)],
  attachmentsDeleted: () => ["attachment_deleted"],
  /** Hidden from their owners, by the time of that. */
  attachmentBinned: (time: number, id: string) => ["attachment_binned", time, BigInt(id)],
  attachmentsBinned: () => ["attachment_binned"],
  /** Live ones that belong to nothing, by the time since when. */
  attachmentOrphan: (type: string, time: number, id: string) => ["attachment_orphan", type, time, BigInt(id)],
  attachmentOrphans: (type: string) => ["attachment_orphan", type],
  attachmentOrphansAll: () => ["attachment_orphan"],
  downloadCount: (id: string) => ["download_count", BigInt(id)],

  // Archives
  archive: (id: string) => ["archive", id],
  archivePart: (id: string, part: number) => ["archive_part", id, part],
  archiveParts: (id: string) => ["archive_part", id],
  archiveByExpiry: (time: number, id: string) => ["archive_by_expiry", time, id],
  archivesByExpiry: () => ["archive_by_expiry"],

  // Limits
  limits: (owner: string) => ["limits", owner],
  limitsShare: (owner: string, uploadId: string) => ["limits_share", owner, uploadId],
  limitsShares: () => ["limits_share"],

  // Audit
  audit: (id: string) => ["audit", id],
  auditAll: () => ["audit"],
  auditByTarget: (
    { kind, id }: { kind: string; id: string },
    entry: string,
  ) => ["audit_by_target", kind, short(id), entry],
  auditOfTarget: ({ kind, id }: { kind: string; id: string }) => ["audit_by_target", kind, short(id)],
  /** Entries that no seal holds yet. */
  auditUnsealed: (id: string) => ["audit_unsealed", id],
  auditUnsealedAll: () => ["audit_unsealed"],
  auditSeal: (n: number) => ["audit_seal", n],
  auditSeals: () => ["audit_seal"],
  /** Where the chain begins after its oldest seals have gone. */
  auditBase: () => ["audit_base"],

  // Temporary access tokens
  token: (id: string) => ["token", id],
  tokens: () => ["token"],
  tokenByHash: (hash: string) => ["token_by_hash", hash],
  tokenByAttachment: (attachment: string, createdAt: number, id: string) => [
    "token_by_attachment",
    BigInt(attachment),
    createdAt,
    id,
  ],
  tokensByAttachment: (attachment: string) => ["token_by_attachment", BigInt(attachment)],
  tokensByAttachments: () => ["token_by_attachment"],
  /** How many there are. */
  tokenCount: (attachment: string) => ["token_count", BigInt(attachment)],
  tokenCounts: () => ["token_count"],
  /** Tokens by the time from which on they are deleted. */
  tokenByExpiry: (time: number, id: string) => ["token_by_expiry", time, id],
  tokensByExpiry: () => ["token_by_expiry"],
  /** Attachments that are gone and have left tokens behind. */
  tokenLeftover: (attachment: string) => ["token_leftover", BigInt(attachment)],
  tokenLeftovers: () => ["token_leftover"],
  tokenLease: ({ tokenId, client }: LeaseKey) => ["token_lease", tokenId, client],
  /** Leases by the time from which on they are over whatever happens. */
  tokenLeaseEnd: (time: number, { tokenId, client }: LeaseKey) => ["token_lease_end", time, tokenId, client],
  tokenLeaseEnds: () => ["token_lease_end"],

  // Jobs
  job: (name: string) => ["job", name],
  jobRun: (name: string, startedAt: number) => ["job_run", name, startedAt],
  jobRuns: (name: string) => ["job_run", name],
  /** Held by the one run of the job. */
  jobLease: (name: string) => ["lease", name],

  // Reports
  /** The count that is under way, or the last one. */
  storageCount: () => ["storage_count"],
  storageReport: () => ["storage_report"],
  /** `2026-11-30`. */
  storageDay: (day: string) => ["storage_day", day],
  storageDays: () => ["storage_day"],
  usageReport: (owner: string) => ["usage_report", owner],
  usageReports: () => ["usage_report"],
  /** Owners by the bytes of their files, of each count by itself. */
  usageByBytes: (count: number, bytes: number, owner: string) => ["usage_by_bytes", count, bytes, owner],
  usageByBytesOf: (count: number) => ["usage_by_bytes", count],
  usageByBytesAll: () => ["usage_by_bytes"],

  // Blobs
  blob: (id: string) => ["blob", id],
  blobs: () => ["blob"],
  blobBySha256: (sha256: string) => ["blob_by_sha256", sha256],
  /** Blobs whose bytes are missing or other ones. */
  blobDamaged: (id: string) => ["blob_damaged", id],
  blobsDamaged: () => ["blob_damaged"],
  /** How far the attachments were looked at for those that can be put on equal bytes. */
  repointing: () => ["repointing"],
  /** That blob `user` is made of bytes of blob `part`; the value is the id of the upload for which it is. */
  blobUser: (part: string, user: string) => ["blob_user", part, user],
  blobUsers: (part: string) => ["blob_user", part],
  blobUsersAll: () => ["blob_user"],
  /** What was made of a picture with this content. */
  variant: (sha256: string, recipe: string) => ["variant", sha256, recipe],
  variants: (sha256: string) => ["variant", sha256],
  variantsAll: () => ["variant"],
  /** Blobs to be looked at by the sweep, by the time from which on. */
  blobSweep: (time: number, id: string) => ["blob_sweep", time, id],
  blobSweeps: () => ["blob_sweep"],

  /** Written by readiness checks, to see that it can be. */
  health: () => ["health"],
};

/** An owner's live attachments and those in their recycle bin are listed apart. */
export type Bin = "live" | "deleted";

/** One client's download by a token. */
export interface LeaseKey {
  tokenId: string;
  /** A keyed hash of who it is. */
  client: string;
}

export interface BusinessKey {
  owner: string;
  type: string;
  /** null: all ids of the type. */
  id: string | null;
}

interface SharedKey {
  type: string;
  id: string;
}

const shared = ({ type, id }: SharedKey): Deno.KvKey => ["attachment_shared", type, digest(id)];
const named = (owner: string, fileName: string): Deno.KvKey => [
  "attachment_by_name",
  owner,
  digest(fileName.normalize("NFC")),
];

function business({ owner, type, id }: BusinessKey, bin: Bin): Deno.KvKey {
  return id === null
    ? ["attachment_by_type", owner, bin, type]
    : ["attachment_by_business", owner, bin, type, digest(id)];
}
