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
  downloadCount: number;
  /** Path of its bytes, to be resolved against the server's address. */
  url: string;
  /** Of pictures; null or absent otherwise. */
  image?: { width: number; height: number } | null;
  /** Resized pictures by name, e.g. `thumbnail`; absent or empty when there are none. */
  variants?: Record<string, { url: string; width: number; height: number }>;
}

export type SessionStatus = "uploading" | "completing" | "completed" | "failed" | "cancelled" | "expired";

/** An upload session at the server. */
export interface UploadSession {
  id: string;
  fileName: string;
  size: number;
  contentType: string;
  businessType: string;
  businessId: string | null;
  visibility: Visibility;
  chunkSize: number;
  minChunkSize: number;
  maxChunkSize: number;
  totalChunks: number;
  /** Slots of `chunkSize` that are whole. */
  uploadedChunkIndexes: number[];
  /** What has arrived, merged and sorted. */
  received: Span[];
  receivedBytes: number;
  /** 0 to 100. */
  progress: number;
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
  /** Default `live`; `deleted` is the recycle bin. */
  state?: "live" | "deleted";
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
  status: string;
}

/** Only the answer to the creation has these. */
export interface NewAccessToken extends AccessToken {
  token: string;
  /** Where anybody with it can download. */
  url: string;
}
