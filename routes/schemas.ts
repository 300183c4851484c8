/** The API's values: the schemas that validate and describe them, and how records become them. */
import { z } from "@hono/zod-openapi";
import { shownSize } from "../services/images/inspection.ts";
import { type Size, type VariantName, VARIANTS } from "../services/images/recipe.ts";
import type { AttachmentRecord } from "../services/model.ts";
import { VISIBILITIES } from "../services/model.ts";
import { UPLOAD_STATUSES } from "../services/model.ts";
import { extensionOf } from "../services/file_name.ts";
import type { UploadView } from "../services/uploads/sessions.ts";
import type { Config } from "../config/config.ts";
import { ImageOptions } from "./image_fields.ts";

const bytes = () => z.int().min(0).openapi({ description: "Bytes." });
const pixels = () => z.int().min(1).openapi({ description: "Pixels." });
const time = () => z.string().openapi({ format: "date-time", description: "ISO 8601, UTC." });
export const Sha256 = z.string().regex(/^[0-9a-fA-F]{64}$/, "must be 64 hexadecimal digits").transform((
  hex,
) => hex.toLowerCase()).openapi({ type: "string", description: "SHA-256 of the whole file, hexadecimal." });
const visibility = () =>
  z.enum(VISIBILITIES).openapi({ description: "Who else may read it: nobody, anybody signed in, anybody." });
const businessType = () =>
  z.string().max(64).openapi({ description: "Chooses the rules of size and type.", example: "Document" });
const businessId = () =>
  z.string().max(256).openapi({
    description: "What the file belongs to, in your application.",
    example: "invoice-4711",
  });

const iso = (ms: number) => new Date(ms).toISOString();

export const Span = z.object({ offset: bytes(), size: bytes() }).openapi("Span");

export const Session = z.object({
  id: z.string(),
  fileName: z.string(),
  size: bytes().nullable().openapi({ description: "Bytes; null while nobody has said it." }),
  contentType: z.string(),
  businessType: z.string(),
  businessId: z.string().nullable(),
  visibility: visibility(),
  concatenation: z.enum(["partial", "final"]).nullable().openapi({
    description: "A part of a later upload, or one that is made of such parts (tus).",
  }),
  chunkSize: bytes(),
  minChunkSize: bytes(),
  maxChunkSize: bytes(),
  totalChunks: z.int().nullable(),
  uploadedChunkIndexes: z.array(z.int()).openapi({ description: "Slots of chunkSize that are whole." }),
  received: z.array(Span).openapi({ description: "Merged and sorted." }),
  receivedBytes: bytes(),
  progress: z.number().nullable().openapi({ description: "0 to 100." }),
  status: z.enum(UPLOAD_STATUSES),
  attachmentId: z.string().nullable(),
  sha256: z.string().nullable(),
  expiresAt: time(),
  createdAt: time(),
}).openapi("Session");

/** 0 to 100 with one decimal, 100 only when all is there; null while the size is not known. */
export function progressOf(receivedBytes: number, size: number | null): number | null {
  if (size === null) return null;
  return size === 0 ? 100 : Math.floor(receivedBytes / size * 1000) / 10;
}

export function sessionJson(view: UploadView, { chunks }: Config): z.infer<typeof Session> {
  const { size, chunkSize } = view;
  return {
    id: view.id,
    fileName: view.fileName,
    size,
    contentType: view.contentType,
    businessType: view.businessType,
    businessId: view.businessId,
    visibility: view.visibility,
    concatenation: view.concat?.kind ?? null,
    chunkSize,
    minChunkSize: chunks.min,
    maxChunkSize: chunks.max,
    totalChunks: size === null ? null : Math.ceil(size / chunkSize),
    uploadedChunkIndexes: view.uploadedChunkIndexes,
    received: view.received,
    receivedBytes: view.receivedBytes,
    progress: progressOf(view.receivedBytes, size),
    status: view.status,
    attachmentId: view.attachmentId,
    sha256: view.sha256,
    expiresAt: iso(view.expiresAt),
    createdAt: iso(view.createdAt),
  };
}

export const Attachment = z.object({
  id: z.string(),
  fileName: z.string(),
  extension: z.string().openapi({ description: "Lower-case with its dot, or empty." }),
  size: bytes(),
  contentType: z.string(),
  sha256: z.string(),
  sourceSha256: z.string(),
  ownerId: z.string(),
  businessType: z.string(),
  businessId: z.string().nullable(),
  visibility: visibility(),
  createdAt: time(),
  updatedAt: time(),
  deletedAt: time().nullable().openapi({ description: "Since when it has been in the recycle bin." }),
  binnedAt: time().nullable().openapi({ description: "Since when only administrators have seen it there." }),
  downloadCount: z.int(),
  url: z.string().openapi({ description: "Where the bytes are." }),
  image: z.object({
    width: pixels(),
    height: pixels(),
    metadataRemoved: z.boolean().openapi({
      description: "Nothing in it says where, when, by whom or with what it was made.",
    }),
  }).nullable().openapi({ description: "As people see it, upright; null: no picture that is known here." }),
  variants: z.partialRecord(
    z.enum(VARIANTS),
    z.object({ url: z.string(), width: pixels(), height: pixels() }),
  )
    .openapi({ description: "Smaller ones that there are, or that are made when somebody asks for them." }),
}).openapi("Attachment");

/** What an answer says of a file that is not in its record. */
export interface AttachmentExtras {
  downloadCount: number;
  variants: Partial<Record<VariantName, Size>>;
}

export function attachmentJson(
  record: AttachmentRecord,
  { downloadCount, variants }: AttachmentExtras,
): z.infer<typeof Attachment> {
  const url = `/api/v1/attachments/${record.id}/content`;
  const { image } = record;
  return {
    id: record.id,
    fileName: record.fileName,
    extension: extensionOf(record.fileName),
    size: record.size,
    contentType: record.contentType,
    sha256: record.sha256,
    sourceSha256: record.sourceSha256,
    ownerId: record.ownerId,
    businessType: record.businessType,
    businessId: record.businessId,
    visibility: record.visibility,
    createdAt: iso(record.createdAt),
    updatedAt: iso(record.updatedAt),
    deletedAt: record.deletedAt === null ? null : iso(record.deletedAt),
    binnedAt: (record.binnedAt ?? null) === null ? null : iso(record.binnedAt!),
    downloadCount,
    url,
    image: image ? { ...shownSize(image), metadataRemoved: image.metadataRemoved } : null,
    variants: Object.fromEntries(
      Object.entries(variants).map(([name, size]) => [name, { url: `${url}?variant=${name}`, ...size }]),
    ),
  };
}

/** What a request says of a file, in a session's body, in a query or in a form. */
export const fileFields = {
  contentType: z.string().max(255).optional(),
  businessType: businessType().optional(),
  businessId: businessId().optional(),
  visibility: visibility().optional(),
  sha256: Sha256.optional(),
};

export const Fingerprint = z.string().min(1).max(512).openapi({
  description: "Your own mark of the content; finds the open session again.",
});

export const OpenBody = z.strictObject({
  fileName: z.string(),
  size: bytes(),
  ...fileFields,
  fingerprint: Fingerprint.optional(),
  chunkSize: z.int().min(1).optional(),
  image: ImageOptions.optional(),
  forceNew: z.boolean().optional(),
}).openapi("OpenUpload");

export const ChangeBody = z.strictObject({
  fileName: z.string().optional(),
  businessType: businessType().optional(),
  businessId: businessId().nullable().optional(),
  visibility: visibility().optional(),
}).openapi("ChangeAttachment");

export const listQuery = {
  cursor: z.string().max(2048).optional().openapi({ description: "Of the page before." }),
  limit: z.coerce.number().int().min(1).max(100).default(50).openapi({
    type: "integer",
    minimum: 1,
    maximum: 100,
    default: 50,
  }),
};

/** In a query. */
export const ofOwner = () =>
  z.string().min(1).max(128).optional().openapi({ description: "Only those of this user." });

export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
