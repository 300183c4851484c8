/** The plain values that travel between rooms: who calls, what a session and an attachment are. */

import type { Inspection } from "./images/inspection.ts";
import type { ProblemCode } from "./problem.ts";

export type Role = "admin" | "user";

/** Who makes a request, after authentication. Anonymous callers are `null`. */
export interface Caller {
  /** Subject: 1 to 128 characters of `[A-Za-z0-9._@:+|-]`, so it may enter a KV key. */
  id: string;
  role: Role;
  name: string;
  /** The request by which they act, for the audit; absent where nobody asked over HTTP. */
  from?: RequestOrigin;
}

/** Where a request came from. */
export interface RequestOrigin {
  /** As decided by the trusted proxies. */
  address: string;
  requestId: string;
}

export const VISIBILITIES = ["private", "users", "public"] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** A half-open stretch of a file: `offset` inclusive, `offset + size` exclusive, in bytes. */
export interface Span {
  offset: number;
  size: number;
}

/** A piece of a blob's content in a stored file; positions are bytes. */
export interface Segment {
  file: string;
  offset: number;
  length: number;
}

/**
 * `uploading` bytes of an open session; `live` referenced; `condemned` waits for the sweep, may be revived; `deleting`
 * goes; `damaged` referenced, but its bytes are missing or other ones.
 */
export type BlobState = "uploading" | "live" | "condemned" | "deleting" | "damaged";

export interface BlobRecord {
  id: string;
  segments: Segment[];
  size: number;
  /** Lower-case hex; null while uploading. */
  sha256: string | null;
  /** Unsigned 32-bit; null while uploading. */
  crc32: number | null;
  refs: number;
  state: BlobState;
  /** Other blobs whose bytes this one is made of, each once; each counts it among its references. Absent: its own. */
  parts?: string[];
  /** When the sweep looks at it (ms since 1970); null while it is in use. */
  sweepAt: number | null;
}

export const UPLOAD_STATUSES = [
  "uploading",
  "completing",
  "completed",
  "failed",
  "cancelled",
  "expired",
] as const;
export type UploadStatus = (typeof UPLOAD_STATUSES)[number];

/** What its uploader wants to be done to a picture; where a member is absent the default holds. */
export interface ImageRequest {
  generateThumbnail?: boolean | undefined;
  generateMultipleSizes?: boolean | undefined;
  addWatermark?: boolean | undefined;
  watermarkText?: string | undefined;
  removeExif?: boolean | undefined;
}

/** What is known of a picture without decoding it. */
export interface ImageFacts extends Omit<Inspection, "clean"> {
  /** Nothing is left in it that says where, when, by whom or with what it was made. */
  metadataRemoved: boolean;
}

/** What a file is called and belongs to; the same for sessions and attachments. */
export interface FileFacts {
  fileName: string;
  contentType: string;
  businessType: string;
  businessId: string | null;
  visibility: Visibility;
  /** Of a session. */
  imageRequest?: ImageRequest;
  /** A further business type whose rules hold too; of requests only. */
  alsoType?: string;
  /** By which way it came, where that matters later: what old clients bring must belong to something, whatever its type. */
  origin?: Origin;
}

export type Origin = "compat";

/** `partial`: a part of later final uploads, never a file by itself. `final`: made of the bytes of its `parts`, in order. */
export type Concat =
  | { kind: "partial" }
  | {
    kind: "final";
    /** The partial uploads and their bytes, in order; one may come twice. */
    parts: { id: string; blobId: string }[];
    /** The list as the client wrote it. */
    header: string;
  };

export interface ClientId {
  id: string;
  /** Chunks in all, where they are numbered and of one size; null: they lie at offsets. */
  totalChunks: number | null;
}

/** An upload session as stored: unchanged while chunks come in, so that chunks never contend on it. Times are ms since 1970. */
export interface UploadRecord extends FileFacts {
  id: string;
  ownerId: string;
  /** Bytes; null while nobody has said it. Of a final upload null until it is finished. */
  size: number | null;
  chunkSize: number;
  /** Declared digest of the whole file, lower-case hex. */
  sha256: string | null;
  fingerprint: string | null;
  /** What else its client said of it; given back as it is. */
  metadata: string | null;
  concat: Concat | null;
  /** What its client calls it, where clients choose ids: unique among an owner's, the newest has it. */
  clientId?: ClientId;
  blobId: string;
  status: UploadStatus;
  attachmentId: string | null;
  /** Why it failed, for those who ask later. */
  failure: string | null;
  /** The code of the refusal that this was, where it was one. */
  failureCode?: ProblemCode;
  createdAt: number;
  endedAt: number | null;
}

export interface AttachmentRecord extends FileFacts {
  /** Time-ordered positive 63-bit integer, decimal. */
  id: string;
  ownerId: string;
  blobId: string;
  size: number;
  /** Of the bytes stored, lower-case hex. */
  sha256: string;
  /** Of the bytes received, lower-case hex. */
  sourceSha256: string;
  crc32: number;
  /** null: it is no picture that is known here. */
  image?: ImageFacts | null;
  /** What was done to the bytes before they were stored, so that equal sources with equal wishes are equal; absent: nothing. */
  processing?: string;
  /** Bytes received, where they were changed. */
  sourceSize?: number;
  createdAt: number;
  updatedAt: number;
  deletedAt: number | null;
  /** When it was hidden from its owner, some time after the delete; absent or null: it is not. */
  binnedAt?: number | null;
  /**
   * Since when it has belonged to nothing; null: it belongs to something, or its owner wants to keep it without.
   * Absent: since it was made, when it has no business id.
   */
  orphanSince?: number | null;
}

/** A temporary access token; of itself nothing is stored but its hash. Times are ms since 1970. */
export interface TokenRecord {
  id: string;
  /** SHA-256 of the token, base64url. */
  hash: string;
  /** The first characters of the token, to tell one from another. */
  preview: string;
  attachmentId: string;
  /** The attachment's owner. */
  ownerId: string;
  /** 0: any number. */
  maxUses: number;
  uses: number;
  /** Who must be signed in; null: nobody. */
  authorizedUserId: string | null;
  /** An address or CIDR block in canonical form; null: from anywhere. */
  authorizedIp: string | null;
  /** Exclusive. */
  expiresAt: number;
  revokedAt: number | null;
  lastUsedAt: number | null;
  createdBy: string;
  createdAt: number;
}
