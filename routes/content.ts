/** `GET, HEAD /api/v1/attachments/{id}/content`: the bytes. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import { findContent } from "../services/attachments/content.ts";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import { checkFileName } from "../services/file_name.ts";
import type { AttachmentRecord } from "../services/model.ts";
import type { Env } from "./env.ts";
import { fileResponse } from "./http/file_response.ts";
import { apiApp, problems, READERS } from "./openapi.ts";

const log = getLogger(["pawl", "download"]);
const binary = { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } };

const contentRoute = createRoute({
  method: "get",
  path: "/{id}/content",
  tags: ["Attachments"],
  summary: "The bytes, whole or in ranges (RFC 9110); HEAD too",
  security: READERS,
  request: {
    params: z.object({ id: z.string() }),
    query: z.object({
      download: z.enum(["0", "1"]).optional().openapi({ description: "1: to be saved, whatever the type." }),
      fileName: z.string().max(1024).optional().openapi({
        description: "Saved under this name instead of its own.",
      }),
    }),
  },
  responses: {
    200: { description: "All of it.", content: binary },
    206: { description: "The ranges asked for.", content: binary },
    304: { description: "What you have is current." },
    ...problems(
      "invalid-request",
      "invalid-file-name",
      "unauthenticated",
      "not-found",
      "precondition-failed",
      "range-not-satisfiable",
      "blob-missing",
    ),
  },
});

/** Routes relative to `/api/v1/attachments`. */
export function content(core: Core, downloads: DownloadCounts): OpenAPIHono<Env> {
  const app = apiApp();
  const load = { open: 0 };

  app.openapi(contentRoute, async (c) => {
    const { download, fileName } = c.req.valid("query");
    const { attachment, open } = await findContent(core, c.var.caller, c.req.valid("param").id);
    const client = `${c.var.clientAddress} ${c.var.caller?.id ?? ""} ${c.req.header("User-Agent") ?? ""}`;
    const requestId = c.var.requestId;
    return await fileResponse({ method: c.req.method, headers: c.req.raw.headers }, {
      size: attachment.size,
      sha256: attachment.sha256,
      lastModified: attachment.createdAt,
      contentType: attachment.contentType,
      fileName: fileName === undefined ? attachment.fileName : checkFileName(fileName),
      download: download === "1",
      cacheControl: cacheControl(attachment),
      vary: "Authorization, Cookie",
      async open() {
        const reader = await open();
        downloads.begin(attachment.id, client);
        return reader;
      },
      onEnd({ sent, left }) {
        downloads.end(attachment.id, client);
        if (left > 0) log.info("Download of {id} broke off", { id: attachment.id, requestId, sent, left });
      },
    }, { now: core.now(), load });
  });

  return app;
}

/** The bytes at this address never change, but who may have them does: caches ask again each time. */
function cacheControl({ visibility }: AttachmentRecord): string {
  return visibility === "public" ? "public, no-cache" : "private, no-cache";
}
