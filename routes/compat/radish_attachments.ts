/** `/api/v1/Attachment/*` of system C: whole files, their queries, downloads and deletes. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Config } from "../../config/config.ts";
import { changeAttachment, getAttachment } from "../../services/attachments/attachments.ts";
import { findContent } from "../../services/attachments/content.ts";
import type { DownloadCounts } from "../../services/attachments/download_counts.ts";
import { attachmentsOfBusiness } from "../../services/attachments/find_many.ts";
import { inBatch, softDelete } from "../../services/attachments/recycle_bin.ts";
import type { Core } from "../../services/core.ts";
import { variantsOf } from "../../services/images/variants.ts";
import type { AttachmentRecord, Caller, ImageRequest } from "../../services/model.ts";
import { refusal } from "../../services/policy.ts";
import { Problem } from "../../services/problem.ts";
import { requireCaller } from "../authenticate.ts";
import { boundedBody } from "../bounded_body.ts";
import type { Env } from "../env.ts";
import { storeForm } from "../file_form.ts";
import { apiApp } from "../openapi.ts";
import { contentSender } from "../send_content.ts";
import { flag, foldName, id, parseJson, readValues } from "./old_values.ts";
import { answer, BODY_REFUSALS, describeOld, FILE_REFUSALS } from "./radish_routes.ts";
import { OldAttachment, oldAttachment } from "./radish_values.ts";

const MAX_BATCH = 1000;
/** Its watermark where nothing else is configured or asked for. */
const WATERMARK = "Radish";

/** Throws `not-found` for what lies in the recycle bin: that system knew of none, and its answers cannot tell. */
export function notDeleted<Found extends Pick<AttachmentRecord, "deletedAt">>(
  caller: Caller | null,
  found: Found,
): Found {
  if (found.deletedAt !== null) throw refusal(caller);
  return found;
}

const text = () => z.string().max(256).nullish();

export const ImageFields = z.object({
  generateThumbnail: flag().nullish(),
  generateMultipleSizes: flag().nullish(),
  addWatermark: flag().nullish(),
  watermarkText: z.string().max(64).regex(/^\P{Cc}*$/u, "must not hold control characters").nullish(),
  removeExif: flag().nullish(),
});

/** What that system does to a picture unless it is told otherwise. */
export function imageRequest(
  { images: { watermark } }: Pick<Config, "images">,
  given: z.infer<typeof ImageFields>,
): ImageRequest {
  const isConfigured = watermark.text !== null || watermark.picture !== null;
  return {
    generateThumbnail: given.generateThumbnail ?? true,
    generateMultipleSizes: given.generateMultipleSizes ?? false,
    addWatermark: given.addWatermark ?? false,
    watermarkText: given.watermarkText || (isConfigured ? undefined : WATERMARK),
    removeExif: given.removeExif ?? true,
  };
}

const FileFields = z.object({ businessType: text(), businessId: id().nullish() });
const ImageForm = ImageFields.extend(FileFields.shape);
const BusinessQuery = z.object({
  businessType: z.string().min(1).max(64),
  businessId: z.string().min(1).max(256),
});
const AssociationQuery = z.object({
  businessType: z.string().min(1).max(64).optional(),
  businessId: z.string().max(256).optional(),
});
const Ids = z.array(id()).min(1).max(MAX_BATCH);
const file = { file: z.string().openapi({ format: "binary" }) };

export function radishAttachments(
  core: Core,
  { downloads }: { downloads: DownloadCounts },
): OpenAPIHono<Env> {
  const app = apiApp();
  const send = contentSender(core, downloads);

  async function views(c: Context<Env>, records: AttachmentRecord[]) {
    const counts = await downloads.of(records.map(({ id }) => id));
    return records.map((record, index) =>
      oldAttachment(record, {
        caller: c.var.caller,
        downloadCount: counts[index]!,
        hasThumbnail: "thumbnail" in variantsOf(core, record),
      })
    );
  }
  const view = async (c: Context<Env>, record: AttachmentRecord) => (await views(c, [record]))[0]!;

  for (const kind of ["Image", "Document"] as const) {
    const fields = kind === "Image" ? ImageForm : FileFields;
    const path = `/api/v1/Attachment/Upload${kind}`;
    describeOld(app, {
      method: "post",
      path,
      summary: kind === "Image"
        ? "A picture, with what is to be done to it"
        : "A document by the rules of documents",
      body: { type: "multipart/form-data", schema: fields.extend(file) },
      data: OldAttachment,
      refusals: [...BODY_REFUSALS, ...FILE_REFUSALS, "unauthenticated"],
    });
    app.post(path, async (c) => {
      const record = await storeForm(core, requireCaller(c), {
        request: c.req.raw,
        nameOf: foldName,
        // A business type that comes behind the file loosens nothing.
        isNamed: () => true,
        requestOf(given, { fileName, contentType }) {
          if (fileName === null) {
            throw new Problem("invalid-file-name", "The file has no name. Send it with its file name.");
          }
          const values = readValues(ImageForm, { part: "form", values: given });
          const { businessType, businessId } = values;
          return {
            fileName,
            contentType,
            businessType: businessType || (kind === "Image" ? "General" : "Document"),
            businessId: businessId ?? null,
            alsoType: kind,
            origin: "compat",
            ...(kind === "Image" && { image: imageRequest(core.config, values) }),
          };
        },
      });
      return answer(c, "Uploaded.", await view(c, record));
    });
  }

  describeOld(app, {
    method: "get",
    path: "/api/v1/Attachment/GetById/{id}",
    summary: "One attachment",
    open: true,
    data: OldAttachment,
    refusals: ["unauthenticated", "not-found"],
  });
  app.get("/api/v1/Attachment/GetById/:id", async (c) => {
    const { caller } = c.var;
    const record = notDeleted(caller, await getAttachment(core, caller, c.req.param("id")));
    return answer(c, "", await view(c, record));
  });

  describeOld(app, {
    method: "get",
    path: "/api/v1/Attachment/GetByBusiness",
    summary: "What belongs to a business object and may be read by you, newest first",
    open: true,
    query: BusinessQuery,
    data: z.array(OldAttachment),
    refusals: ["invalid-request", "unauthenticated"],
  });
  app.get("/api/v1/Attachment/GetByBusiness", async (c) => {
    const business = readValues(BusinessQuery, { part: "query", values: c.req.query() });
    return answer(c, "", await views(c, await attachmentsOfBusiness(core, c.var.caller, business)));
  });

  describeOld(app, {
    method: "get",
    path: "/api/v1/Attachment/Download/{id}",
    summary: "The bytes, whole or in ranges (RFC 9110); HEAD too",
    open: true,
    refusals: [
      "unauthenticated",
      "not-found",
      "precondition-failed",
      "range-not-satisfiable",
      "blob-missing",
    ],
  });
  app.get("/api/v1/Attachment/Download/:id", async (c) => {
    const content = await findContent(core, c.var.caller, c.req.param("id"));
    notDeleted(c.var.caller, content.attachment);
    return await send(c, content, { download: true });
  });

  describeOld(app, {
    method: "delete",
    path: "/api/v1/Attachment/Delete/{id}",
    summary: "Into the recycle bin",
    data: z.null(),
    refusals: ["unauthenticated", "not-found"],
  });
  app.delete("/api/v1/Attachment/Delete/:id", async (c) => {
    await softDelete(core, requireCaller(c), c.req.param("id"));
    return answer(c, "Deleted.");
  });

  describeOld(app, {
    method: "post",
    path: "/api/v1/Attachment/DeleteBatch",
    summary: "Many into the recycle bin, with a result for each",
    body: { type: "application/json", schema: Ids },
    data: z.array(z.object({
      id: z.string(),
      isSuccess: z.boolean(),
      code: z.string().nullable(),
      messageInfo: z.string().nullable(),
    })),
    refusals: [...BODY_REFUSALS, "unauthenticated"],
  });
  app.post("/api/v1/Attachment/DeleteBatch", boundedBody(), async (c) => {
    const caller = requireCaller(c);
    const { ids } = readValues(z.object({ ids: Ids }), {
      part: "json",
      values: { ids: parseJson(await c.req.text()) },
    });
    const results = await inBatch(core, caller, { ids, one: softDelete });
    const deleted = results.filter(({ problem }) => problem === null).length;
    return answer(
      c,
      `${deleted} of ${results.length} deleted.`,
      results.map(({ id, problem }) => ({
        id,
        isSuccess: problem === null,
        code: problem?.code ?? null,
        messageInfo: problem?.message ?? null,
      })),
    );
  });

  describeOld(app, {
    method: "put",
    path: "/api/v1/Attachment/UpdateBusinessAssociation/{id}",
    summary: "What it belongs to from now on",
    query: AssociationQuery,
    data: OldAttachment,
    refusals: [
      "invalid-request",
      "unknown-business-type",
      "unauthenticated",
      "not-found",
      "attachment-state",
      "file-too-large",
      "type-not-allowed",
      "content-mismatch",
      "image-unsupported",
    ],
  });
  app.put("/api/v1/Attachment/UpdateBusinessAssociation/:id", async (c) => {
    const caller = requireCaller(c);
    const change = readValues(AssociationQuery, { part: "query", values: c.req.query() });
    const record = await changeAttachment(core, caller, { id: c.req.param("id"), change });
    return answer(c, "Changed.", await view(c, record));
  });

  return app;
}
