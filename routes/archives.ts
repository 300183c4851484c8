/** `/api/v1/archives`: many attachments as one ZIP that can be resumed at any byte. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { getLogger } from "@logtape/logtape";
import {
  type Archive,
  archiveOf,
  createArchive,
  findArchive,
  MAX_FILES,
} from "../services/archives/archives.ts";
import type { Core } from "../services/core.ts";
import { requireCaller } from "./authenticate.ts";
import { boundedBody } from "./bounded_body.ts";
import type { Env } from "./env.ts";
import { fileResponse } from "./http/file_response.ts";
import { apiApp, BAD_JSON, problems, READERS } from "./openapi.ts";
import { json } from "./schemas.ts";

const log = getLogger(["pawl", "download"]);
const tags = ["Archives"];
const zip = { "application/zip": { schema: z.string().openapi({ format: "binary" }) } };
const MAX_IN_QUERY = 100;

const fileName = z.string().max(255).optional().openapi({
  description: "Of the ZIP.",
  example: "photos.zip",
});

const postRoute = createRoute({
  method: "post",
  path: "/",
  tags,
  summary: "Make a ZIP of many attachments, kept for 24 hours",
  description: "Nothing is copied: the ZIP is made while it is fetched, and is the same bytes each time.",
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({ ids: z.array(z.string().max(32)).min(1).max(MAX_FILES), fileName }),
        },
      },
    },
  },
  responses: {
    201: json(
      z.object({
        id: z.string(),
        url: z.string(),
        fileName: z.string(),
        size: z.int().openapi({ description: "Bytes." }),
        files: z.int(),
        expiresAt: z.string().openapi({ format: "date-time" }),
      }),
      "Where it can be fetched.",
    ),
    ...problems("invalid-request", ...BAD_JSON, "invalid-file-name", "unauthenticated", "not-found"),
  },
});

const bytesOf = {
  200: { description: "All of it.", content: zip },
  206: { description: "The ranges asked for.", content: zip },
  304: { description: "What you have is current." },
  ...problems(
    "invalid-request",
    "invalid-file-name",
    "unauthenticated",
    "not-found",
    "archive-changed",
    "precondition-failed",
    "range-not-satisfiable",
    "blob-missing",
  ),
};

const getRoute = createRoute({
  method: "get",
  path: "/{id}",
  tags,
  summary: "The ZIP's bytes, whole or in ranges (RFC 9110); HEAD too",
  request: { params: z.object({ id: z.string() }) },
  responses: bytesOf,
});

const directRoute = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: `A ZIP of up to ${MAX_IN_QUERY} attachments by a link: ?id=1&id=2`,
  security: READERS,
  request: {
    query: z.object({
      id: z.union([z.string().max(32), z.array(z.string().max(32)).min(1).max(MAX_IN_QUERY)]),
      fileName,
    }),
  },
  responses: bytesOf,
});

/** Routes relative to `/api/v1/archives`. */
export function archives(core: Core): OpenAPIHono<Env> {
  const app = apiApp();
  const load = core.metrics.transfers;

  async function send(c: Context<Env>, archive: Archive): Promise<Response> {
    const requestId = c.var.requestId;
    return await fileResponse({ method: c.req.method, headers: c.req.raw.headers }, {
      size: archive.size,
      sha256: null,
      etag: `"${archive.digest}"`,
      lastModified: archive.modifiedAt,
      contentType: "application/zip",
      fileName: archive.fileName,
      download: true,
      cacheControl: "private, no-cache",
      vary: "Authorization, Cookie",
      open: archive.open,
      check: async () => (await archive.open(0)).close(),
      onEnd({ sent, left }) {
        if (left > 0) log.info("Download of an archive broke off", { requestId, sent, left });
      },
    }, { now: core.now(), load, freesPieces: c.env?.freesPieces });
  }

  app.openapi({ ...postRoute, middleware: boundedBody() }, async (c) => {
    const record = await createArchive(core, requireCaller(c), c.req.valid("json"));
    const url = `/api/v1/archives/${record.id}`;
    c.header("Location", url);
    return c.json({
      id: record.id,
      url,
      fileName: record.fileName,
      size: record.size,
      files: record.count,
      expiresAt: new Date(record.expiresAt).toISOString(),
    }, 201);
  });

  app.openapi(directRoute, async (c) => {
    const { id, fileName } = c.req.valid("query");
    return await send(c, await archiveOf(core, c.var.caller, { ids: [id].flat(), fileName }));
  });

  app.openapi(getRoute, async (c) => {
    return await send(c, await findArchive(core, requireCaller(c), c.req.valid("param").id));
  });

  return app;
}
