/** The values of the HTTP API, as JSON brings them. Times are ISO 8601 in UTC, sizes are bytes. */

/** Who else may read it: nobody, anybody signed in, anybody. */
export type Visibility = "private" | "users" | "public";

/** A stretch of a file: `offset` inclusive, `offset + size` exclusive, in bytes. */
export interface Span {
  offset: number;
  size: number;
}

/** A recorded chunk. */
export interface Chunk extends Span {
  /** Of its bytes, lower-case hex. */
  sha256: string;
}

export interface Attachment {
  /** A positive 63-bit integer in decimal, larger for newer ones; too large for a `number`. */
  id: string;
  fileName: string;
  /** Lower-case with its dot, or "". */
  extension: string;
  size: number;
  contentType: string;
  /** Of the stored bytes, lower-case hex. */
  sha256: string;
  /** Of the bytes that were sent; another one than `sha256` when the server changed the picture. */
  sourceSha256: string;
  ownerId: string;
  businessType: string;
  businessId: string | null;
  visibility: Visibility;
  createdAt: string;
  updatedAt: string;
  /** When it went into the recycle bin; null while it is live. */
  deletedAt: string | null;
  /** Since when only administrators have seen it there; null otherwise. */
  binnedAt: string | null;
  downloadCount: number;
  /** Path of its bytes, to be resolved against the server's address. */
  url: string;
  /** Of pictures, as people see them, upright; null for what is none. */
  image: { width: number; height: number; metadataRemoved: boolean } | null;
  /** Smaller pictures that there are, or that are made when somebody asks for them. */
  variants: Partial<Record<VariantName, { url: string; width: number; height: number }>>;
}

export type VariantName = "thumbnail" | "small" | "medium" | "large";

/** What is done to a picture. */
export interface ImageOptions {
  /** The thumbnail at once, not only when somebody asks; default true. */
  generateThumbnail?: boolean;
  /** All variants at once. */
  generateMultipleSizes?: boolean;
  /** Stores the picture with a mark on it. */
  addWatermark?: boolean;
  /** Instead of the configured mark; up to 64 characters. */
  watermarkText?: string;
  /** Removes what says where, when and by whom; by default the business type decides. */
  removeExif?: boolean;
}

export type SessionStatus = "uploading" | "completing" | "completed" | "failed" | "cancelled" | "expired";

/** An upload session at the server. */
export interface UploadSession {
  id: string;
  fileName: string;
  /** null while nobody has said it (tus). */
  size: number | null;
  contentType: string;
  businessType: string;
  businessId: string | null;
  visibility: Visibility;
  /** A part of a file that tus puts together, or such a file; null for all others. */
  concatenation: "partial" | "final" | null;
  chunkSize: number;
  minChunkSize: number;
  maxChunkSize: number;
  totalChunks: number | null;
  /** Slots of `chunkSize` that are whole. */
  uploadedChunkIndexes: number[];
  /** What has arrived, merged and sorted. */
  received: Span[];
  receivedBytes: number;
  /** 0 to 100; null while the size is not known. */
  progress: number | null;
  status: SessionStatus;
  attachmentId: string | null;
  /** Declared digest of the whole file, lower-case hex. */
  sha256: string | null;
  expiresAt: string;
  createdAt: string;
}

/** A page of a list; `cursor` asks for the next one and is null on the last. */
export interface Page<T> {
  items: T[];
  cursor: string | null;
}

export interface PageQuery {
  cursor?: string;
  /** 1 to 100; default 50. */
  limit?: number;
}

export interface AttachmentQuery extends PageQuery {
  businessType?: string;
  businessId?: string;
  /** A part of the name. A page may be short and still have a cursor. */
  q?: string;
  /** Default `live`; `deleted` is the recycle bin, `binned` what only administrators still see there. */
  state?: "live" | "deleted" | "binned";
  /** Newest first (default), A to Z, or largest first. Beyond 10,000 files only `created`. */
  sort?: "created" | "name" | "size";
}

export interface AttachmentChange {
  fileName?: string;
  businessType?: string;
  businessId?: string | null;
  visibility?: Visibility;
}

/** What became of one of many. */
export interface DeleteResult {
  id: string;
  deleted: boolean;
  /** Why not; null when it was deleted. */
  code: string | null;
  detail: string | null;
}

export interface RestoreResult {
  id: string;
  restored: boolean;
  /** Why not; null when it was restored. */
  code: string | null;
  detail: string | null;
}

/** What may be uploaded as what. */
export interface BusinessType {
  name: string;
  /** Largest file, bytes, inclusive. */
  maxBytes: number;
  /** Lower-case with their dot; null: any, also none. */
  extensions: string[] | null;
  /** Of files whose upload names none. */
  visibility: Visibility;
}

/** A ZIP of many attachments; it can be downloaded and resumed like a file. */
export interface Archive {
  id: string;
  /** Path of its bytes, to be resolved against the server's address. */
  url: string;
  fileName: string;
  size: number;
  /** How many. */
  files: number;
  expiresAt: string;
}

/** Who is signed in in this browser. */
export interface BrowserSession {
  user: { id: string; name: string; role: "admin" | "user" };
  /** null when signing in is switched off. */
  expiresAt: string | null;
  /** A link or token, or a sign-in at the OIDC issuer; null when signing in is switched off. */
  signedInBy: "token" | "issuer" | null;
}

export interface AccessTokenRequest {
  /** Default 1. */
  validHours?: number;
  /** Downloads, not requests; default 1, 0 for any number. */
  maxUses?: number;
  /** Only this user, who must be signed in. */
  authorizedUserId?: string;
  /** Only from this address or CIDR block. */
  authorizedIp?: string;
}

/** A temporary access token without its secret. */
export interface AccessToken {
  id: string;
  attachmentId: string;
  /** The first characters, to tell tokens apart. */
  preview: string;
  maxUses: number;
  uses: number;
  /** null for any number. */
  remainingUses: number | null;
  authorizedUserId: string | null;
  authorizedIp: string | null;
  expiresAt: string;
  revokedAt: string | null;
  lastUsedAt: string | null;
  createdBy: string;
  createdAt: string;
  status: "active" | "exhausted" | "expired" | "revoked";
}

/** Only the answer to the creation has these. */
export interface NewAccessToken extends AccessToken {
  token: string;
  /** Where anybody with it can download. */
  url: string;
  /** The address as a QR code: an SVG document. */
  qrCode: string;
}
