/** `GET, HEAD /d/{token}`: the bytes for whoever has the link; for people a small page first. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import type { Config } from "../config/config.ts";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import { Problem } from "../services/problem.ts";
import type { Leases } from "../services/tokens/leases.ts";
import { findLink } from "../services/tokens/link.ts";
import type { Env } from "./env.ts";
import { fileResponse } from "./http/file_response.ts";
import { wantsPage } from "./http/navigation.ts";
import { linkPage, linkProblemPage } from "./link_page.ts";
import { apiApp, problems, READERS } from "./openapi.ts";
import { answerError } from "./problem_response.ts";

const log = getLogger(["pawl", "download"]);
/** What decides whether it is the page or the bytes, and for whom. */
const VARY = "Accept, Accept-Language, Authorization, Cookie, Range, User-Agent";
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
  const load = { open: 0 };

  app.openapi(downloadRoute, async (c) => {
    const { clientAddress: address, requestId, caller } = c.var;
    const { headers } = c.req.raw;
    const link = await findLink(core, leases, {
      secret: c.req.valid("param").token,
      visitor: { from: { address, requestId }, userAgent: c.req.header("User-Agent") ?? "", caller },
    });
    const toBeSaved = c.req.valid("query").download === "1";
    if (!toBeSaved && wantsPage(headers)) return linkPage(link, { siteName, headers });

    const { attachment } = link;
    let end = () => {};
    return await fileResponse({ method: c.req.method, headers }, {
      size: attachment.size,
      sha256: attachment.sha256,
      lastModified: attachment.createdAt,
      contentType: attachment.contentType,
      fileName: attachment.fileName,
      download: toBeSaved,
      cacheControl: "private, no-cache",
      vary: VARY,
      async open() {
        const download = await link.open();
        end = download.end;
        if (download.isNew) downloads.add(attachment.id);
        return {
          async read(into, position) {
            download.send();
            return await download.reader.read(into, position);
          },
          close: () => download.reader.close(),
        };
      },
      onEnd({ sent, left }) {
        end();
        if (left > 0) log.info("Download of {id} broke off", { id: attachment.id, requestId, sent, left });
      },
    }, { now: core.now(), load });
  });

  // People get the reason as a page, programs as a problem document.
  app.onError((error, c) => {
    const isOfLink = error instanceof Problem && (error.status === 403 || error.code === "not-found");
    if (!isOfLink || !wantsPage(c.req.raw.headers)) return answerError(error, c);
    return linkProblemPage(error, { siteName, headers: c.req.raw.headers, requestId: c.var.requestId });
  });

  return app;
}
