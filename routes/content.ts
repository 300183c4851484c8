/** `GET, HEAD /api/v1/attachments/{id}/content`: the bytes. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { findContent, findVariantContent } from "../services/attachments/content.ts";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import { checkFileName } from "../services/file_name.ts";
import { VARIANTS } from "../services/images/recipe.ts";
import type { Env } from "./env.ts";
import { apiApp, problems, READERS } from "./openapi.ts";
import { contentSender } from "./send_content.ts";

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
      variant: z.enum(VARIANTS).optional().openapi({
        description: "A smaller one of a picture, made when it is not there yet; not counted as a download.",
      }),
      download: z.enum(["0", "1"]).optional().openapi({ description: "1: to be saved, whatever the type." }),
      preview: z.enum(["0", "1"]).optional().openapi({
        description: "1: to be shown in a frame of this server's page, which a PDF is only then.",
      }),
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
      "no-variant",
      "precondition-failed",
      "range-not-satisfiable",
      "blob-missing",
    ),
  },
});

/** Routes relative to `/api/v1/attachments`. */
export function content(core: Core, downloads: DownloadCounts): OpenAPIHono<Env> {
  const app = apiApp();
  const send = contentSender(core, downloads);

  app.openapi(contentRoute, async (c) => {
    const { variant, download, preview, fileName } = c.req.valid("query");
    const content = await findContent(core, c.var.caller, c.req.valid("param").id);
    return await send(c, variant ? await findVariantContent(core, content, variant) : content, {
      fileName: fileName === undefined ? undefined : checkFileName(fileName),
      download: download === "1",
      preview: preview === "1",
    });
  });

  return app;
}
