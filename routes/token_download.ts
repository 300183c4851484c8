/** `GET, HEAD /d/{token}`: the bytes for whoever has the link; for people a small page first. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Config } from "../config/config.ts";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import { Problem } from "../services/problem.ts";
import { VARIANTS } from "../services/images/recipe.ts";
import type { Leases } from "../services/tokens/leases.ts";
import type { Env } from "./env.ts";
import { wantsPage } from "./http/navigation.ts";
import { linkPage, linkProblemPage } from "./link_page.ts";
import { apiApp, problems, READERS } from "./openapi.ts";
import { answerError } from "./problem_response.ts";
import { linkSender } from "./send_link.ts";

const binary = { schema: z.string().openapi({ format: "binary" }) };

const downloadRoute = createRoute({
  method: "get",
  path: "/d/{token}",
  tags: ["Links"],
  summary: "Download by a link, whole or in ranges (RFC 9110); HEAD too",
  description:
    "The first request that sends bytes counts one use; this client's others count no more until 15 " +
    "minutes after their last byte. A browser's navigation gets a page that uses nothing up.",
  security: READERS,
  request: {
    params: z.object({ token: z.string() }),
    query: z.object({
      variant: z.enum(VARIANTS).optional().openapi({
        description: "A smaller one of a picture; counts as any download by the link does.",
      }),
      download: z.enum(["0", "1"]).optional().openapi({
        description: "1: the bytes, to be saved, also for a browser's navigation.",
      }),
    }),
  },
  responses: {
    200: {
      description: "All of it, or the page.",
      content: { "application/octet-stream": binary, "text/html": { schema: z.string() } },
    },
    206: { description: "The ranges asked for.", content: { "application/octet-stream": binary } },
    304: { description: "What you have is current." },
    ...problems(
      "invalid-request",
      "link-revoked",
      "link-expired",
      "link-used-up",
      "link-wrong-user",
      "link-wrong-address",
      "link-file-deleted",
      "not-found",
      "no-variant",
      "precondition-failed",
      "range-not-satisfiable",
      "blob-missing",
    ),
  },
});

export interface TokenDownloadOptions {
  config: Pick<Config, "siteName">;
  downloads: DownloadCounts;
  leases: Leases;
}

export function tokenDownload(
  core: Core,
  { config: { siteName }, downloads, leases }: TokenDownloadOptions,
): OpenAPIHono<Env> {
  const app = apiApp();
  const links = linkSender(core, { downloads, leases });

  app.openapi(downloadRoute, async (c) => {
    const { headers } = c.req.raw;
    const link = await links.find(c, c.req.valid("param").token);
    const { download, variant } = c.req.valid("query");
    const toBeSaved = download === "1";
    if (!toBeSaved && wantsPage(headers)) return linkPage({ ...link, variant }, { siteName, headers });
    return await links.send(c, link, { download: toBeSaved, variant });
  });

  // People get the reason as a page, programs as a problem document.
  app.onError((error, c) => {
    const isOfLink = error instanceof Problem && (error.status === 403 || error.code === "not-found");
    if (!isOfLink || !wantsPage(c.req.raw.headers)) return answerError(error, c);
    return linkProblemPage(error, { siteName, headers: c.req.raw.headers, requestId: c.var.requestId });
  });

  return app;
}
