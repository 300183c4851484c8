/** Attachments, sessions and tokens as system C tells them, in the spelling of both of its releases. */
import { z } from "@hono/zod-openapi";
import { extensionOf } from "../../services/file_name.ts";
import type { AttachmentRecord, Caller, TokenRecord } from "../../services/model.ts";
import { tokenStatus } from "../../services/tokens/tokens.ts";
import type { UploadView } from "../../services/uploads/sessions.ts";
import { progressOf } from "../schemas.ts";
import { oldId } from "./old_values.ts";

/** A 32-bit number means "any number" there. */
const UNLIMITED = 2_147_483_647;

const iso = (ms: number) => new Date(ms).toISOString();
const oldIdSchema = () =>
  z.union([z.int(), z.string()]).openapi({ description: "A number below 2^53, else its digits." });

/** `id` and `voId`: clients of either release find theirs. */
function inBothSpellings<T extends object>(values: T): T {
  const later = Object.entries(values).map(([name, value]) => [
    `vo${name[0]!.toUpperCase()}${name.slice(1)}`,
    value,
  ]);
  return { ...values, ...Object.fromEntries(later) };
}

export const OldAttachment = z.looseObject({
  id: oldIdSchema(),
  originalName: z.string(),
  extension: z.string(),
  fileSize: z.int(),
  fileSizeFormatted: z.string().openapi({ example: "46.19 KB" }),
  mimeType: z.string(),
  storageType: z.enum(["Local", "S3"]),
  url: z.string(),
  thumbnailUrl: z.string().nullable(),
  uploaderId: oldIdSchema(),
  uploaderName: z.string(),
  businessType: z.string(),
  businessId: oldIdSchema().nullable(),
  isPublic: z.boolean(),
  downloadCount: z.int(),
  auditStatus: z.string(),
  remark: z.null(),
  createTime: z.string(),
}).openapi("OldAttachment", { description: "Each member also as voId, voOriginalName ..." });

export function oldAttachment(
  record: AttachmentRecord,
  { caller, downloadCount, hasThumbnail }: {
    caller: Caller | null;
    downloadCount: number;
    hasThumbnail: boolean;
  },
): z.infer<typeof OldAttachment> {
  const url = `/api/v1/attachments/${record.id}/content`;
  return inBothSpellings({
    id: oldId(record.id)!,
    originalName: record.fileName,
    extension: extensionOf(record.fileName),
    fileSize: record.size,
    fileSizeFormatted: formattedSize(record.size),
    mimeType: record.contentType,
    storageType: "Local" as const,
    url,
    thumbnailUrl: hasThumbnail ? `${url}?variant=thumbnail` : null,
    uploaderId: oldId(record.ownerId)!,
    uploaderName: caller?.id === record.ownerId ? caller.name : record.ownerId,
    businessType: record.businessType,
    businessId: oldId(record.businessId),
    isPublic: record.visibility === "public",
    downloadCount,
    auditStatus: "Approved",
    remark: null,
    createTime: iso(record.createdAt),
  });
}

/** `46.19 KB`: in steps of 1024, at most two decimals. */
export function formattedSize(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Math.round(value * 100) / 100} ${units[unit]}`;
}

const STATUSES = {
  uploading: "Uploading",
  completing: "Uploading",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
  expired: "Failed",
} as const;

export const OldSession = z.looseObject({
  sessionId: z.string(),
  fileName: z.string(),
  totalSize: z.int().nullable(),
  chunkSize: z.int(),
  totalChunks: z.int().nullable(),
  uploadedChunks: z.int(),
  uploadedChunkIndexes: z.array(z.int()),
  progress: z.number().nullable().openapi({ description: "0 to 100." }),
  status: z.enum(["Uploading", "Completed", "Failed", "Cancelled"]),
  attachmentId: oldIdSchema().nullable(),
  expiresAt: z.string(),
  createTime: z.string(),
}).openapi("OldSession", { description: "Each member also as voSessionId, voFileName ..." });

export function oldSession(view: UploadView): z.infer<typeof OldSession> {
  const { size, chunkSize, uploadedChunkIndexes, status } = view;
  return inBothSpellings({
    sessionId: view.id,
    fileName: view.fileName,
    totalSize: size,
    chunkSize,
    totalChunks: size === null ? null : Math.ceil(size / chunkSize),
    uploadedChunks: uploadedChunkIndexes.length,
    uploadedChunkIndexes,
    progress: progressOf(view.receivedBytes, size),
    status: STATUSES[status],
    attachmentId: oldId(view.attachmentId),
    expiresAt: iso(view.expiresAt),
    createTime: iso(view.createdAt),
  });
}

export const OldToken = z.looseObject({
  token: z.string().openapi({ description: "The token when it was just made, in lists its id." }),
  attachmentId: oldIdSchema(),
  accessUrl: z.string().openapi({ description: "Empty in lists: only hashes are stored." }),
  maxAccessCount: z.int(),
  accessCount: z.int(),
  remainingAccessCount: z.int(),
  expiresAt: z.string(),
  isExpired: z.boolean(),
  isRevoked: z.boolean(),
  createTime: z.string(),
}).openapi("OldToken", { description: "Each member also as voToken, voAttachmentId ..." });

export function oldToken(
  record: TokenRecord,
  { now, token = record.id, accessUrl = "" }: { now: number; token?: string; accessUrl?: string },
): z.infer<typeof OldToken> {
  const { maxUses, uses, revokedAt } = record;
  return inBothSpellings({
    token,
    attachmentId: oldId(record.attachmentId)!,
    accessUrl,
    maxAccessCount: maxUses,
    accessCount: uses,
    remainingAccessCount: maxUses === 0 ? UNLIMITED : Math.max(0, maxUses - uses),
    expiresAt: iso(record.expiresAt),
    isExpired: tokenStatus({ ...record, revokedAt: null }, now) === "expired",
    isRevoked: revokedAt !== null,
    createTime: iso(record.createdAt),
  });
}
