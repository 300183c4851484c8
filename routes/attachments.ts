/** `/api/v1/attachments`: managed files without their bytes. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { changeAttachment, getAttachment } from "../services/attachments/attachments.ts";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import { listAttachments } from "../services/attachments/list.ts";
import {
  type BatchResult,
  inBatch,
  purge,
  restore,
  softDelete,
} from "../services/attachments/recycle_bin.ts";
import type { Core } from "../services/core.ts";
import type { AttachmentRecord } from "../services/model.ts";
import { attachmentViews } from "./attachment_views.ts";
import { requireCaller } from "./authenticate.ts";
import { boundedBody } from "./bounded_body.ts";
import type { Env } from "./env.ts";
import { apiApp, BAD_JSON, problems, READERS } from "./openapi.ts";
import { Attachment, ChangeBody, json, listQuery } from "./schemas.ts";

const tags = ["Attachments"];
const params = z.object({ id: z.string() });
const MAX_BATCH = 1000;
const ids = z.array(z.string().max(32)).min(1).max(MAX_BATCH);
const whyNot = { id: z.string(), code: z.string().nullable(), detail: z.string().nullable() };

const listRoute = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "Your attachments, in pages",
  request: {
    query: z.object({
      ...listQuery,
      businessType: z.string().max(64).optional(),
      businessId: z.string().max(256).optional(),
      q: z.string().max(255).optional().openapi({
        description:
          "A part of the name. Looks at a bounded number of files: a page may be short and still have a cursor.",
      }),
      state: z.enum(["live", "deleted", "binned"]).default("live").openapi({
        description:
          "`deleted`: your recycle bin. `binned`: what it has hidden from its owners by now, the last first, of all " +
          "owners; for administrators.",
      }),
      sort: z.enum(["created", "name", "size"]).default("created").openapi({
        description: "Newest first, A to Z, or largest first. Beyond 10,000 files only `created`.",
      }),
    }),
  },
  responses: {
    200: json(z.object({ items: z.array(Attachment), cursor: z.string().nullable() }), "A page of them."),
    ...problems("invalid-request", "invalid-cursor", "unauthenticated", "forbidden"),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/{id}",
  tags,
  summary: "One attachment",
  security: READERS,
  request: { params },
  responses: { 200: json(Attachment, "The attachment."), ...problems("unauthenticated", "not-found") },
});

const changeRoute = createRoute({
  method: "patch",
  path: "/{id}",
  tags,
  summary: "Rename, associate, change who may read it",
  request: { params, body: { required: true, content: { "application/json": { schema: ChangeBody } } } },
  responses: {
    200: json(Attachment, "As it is now."),
    ...problems(
      "invalid-request",
      ...BAD_JSON,
      "invalid-file-name",
      "unknown-business-type",
      "unauthenticated",
      "not-found",
      "attachment-state",
      "file-too-large",
      "type-not-allowed",
      "content-mismatch",
      "image-too-large",
      "image-unreadable",
      "image-unsupported",
    ),
  },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/{id}",
  tags,
  summary: "Into the recycle bin, or gone for good",
  request: {
    params,
    query: z.object({
      permanent: z.enum(["true", "false"]).default("false").openapi({ description: "At once and for good." }),
    }),
  },
  responses: {
    204: { description: "Done." },
    ...problems("invalid-request", "unauthenticated", "not-found"),
  },
});

const batchRoute = createRoute({
  method: "post",
  path: "/delete",
  tags,
  summary: "Many into the recycle bin, or gone for good, with a result for each",
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({
            ids,
            permanent: z.boolean().optional().openapi({ description: "At once and for good." }),
          }),
        },
      },
    },
  },
  responses: {
    200: json(
      z.object({
        results: z.array(z.object({ deleted: z.boolean(), ...whyNot })),
      }),
      "In the order of the ids.",
    ),
    ...problems("invalid-request", ...BAD_JSON, "unauthenticated"),
  },
});

const restoreRoute = createRoute({
  method: "post",
  path: "/{id}/restore",
  tags,
  summary: "Out of the recycle bin",
  request: { params },
  responses: { 200: json(Attachment, "The attachment."), ...problems("unauthenticated", "not-found") },
});

const batchRestoreRoute = createRoute({
  method: "post",
  path: "/restore",
  tags,
  summary: "Many out of the recycle bin, with a result for each",
  request: {
    body: { required: true, content: { "application/json": { schema: z.strictObject({ ids }) } } },
  },
  responses: {
    200: json(
      z.object({ results: z.array(z.object({ restored: z.boolean(), ...whyNot })) }),
      "In the order of the ids.",
    ),
    ...problems("invalid-request", ...BAD_JSON, "unauthenticated"),
  },
});

/** Routes relative to `/api/v1/attachments`. */
export function attachments(core: Core, downloads: DownloadCounts): OpenAPIHono<Env> {
  const app = apiApp();
  const jsonBody = boundedBody();

  const views = attachmentViews(core, downloads);
  const view = async (record: AttachmentRecord) => (await views([record]))[0]!;

  app.openapi(listRoute, async (c) => {
    const page = await listAttachments(core, requireCaller(c), c.req.valid("query"));
    return c.json({ items: await views(page.items), cursor: page.cursor }, 200);
  });

  app.openapi({ ...batchRoute, middleware: jsonBody }, async (c) => {
    const { ids, permanent } = c.req.valid("json");
    const results = await inBatch(core, requireCaller(c), { ids, one: permanent ? purge : softDelete });
    return c.json({ results: results.map((one) => ({ ...told(one), deleted: one.problem === null })) }, 200);
  });

  app.openapi({ ...batchRestoreRoute, middleware: jsonBody }, async (c) => {
    const results = await inBatch(core, requireCaller(c), { ids: c.req.valid("json").ids, one: restore });
    return c.json({ results: results.map((one) => ({ ...told(one), restored: one.problem === null })) }, 200);
  });

  app.openapi(getRoute, async (c) => {
    return c.json(await view(await getAttachment(core, c.var.caller, c.req.valid("param").id)), 200);
  });

  app.openapi({ ...changeRoute, middleware: jsonBody }, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(
      await view(await changeAttachment(core, requireCaller(c), { id, change: c.req.valid("json") })),
      200,
    );
  });

  app.openapi(deleteRoute, async (c) => {
    const { id } = c.req.valid("param");
    const remove = c.req.valid("query").permanent === "true" ? purge : softDelete;
    await remove(core, requireCaller(c), id);
    return c.body(null, 204);
  });

  app.openapi(restoreRoute, async (c) => {
    return c.json(await view(await restore(core, requireCaller(c), c.req.valid("param").id)), 200);
  });

  return app;
}

function told({ id, problem }: BatchResult) {
  return { id, code: problem?.code ?? null, detail: problem?.message ?? null };
}
