/** `GET, HEAD /d/{token}`: the bytes for whoever has the link; for people a small page first. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import type { Leases } from "../services/tokens/leases.ts";
import { findLink } from "../services/tokens/link.ts";
import type { Env } from "./env.ts";
import { fileResponse } from "./http/file_response.ts";
import { apiApp, problems, READERS } from "./openapi.ts";

const log = getLogger(["pawl", "download"]);
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
  downloads: DownloadCounts;
  leases: Leases;
}

export function tokenDownload(core: Core, { downloads, leases }: TokenDownloadOptions): OpenAPIHono<Env> {
  const app = apiApp();
  const load = { open: 0 };

  app.openapi(downloadRoute, async (c) => {
    const { attachment, open } = await findLink(core, leases, {
      secret: c.req.valid("param").token,
      visitor: {
        address: c.var.clientAddress,
        userAgent: c.req.header("User-Agent") ?? "",
        caller: c.var.caller,
      },
    });
    const requestId = c.var.requestId;
    let end = () => {};
    return await fileResponse({ method: c.req.method, headers: c.req.raw.headers }, {
      size: attachment.size,
      sha256: attachment.sha256,
      lastModified: attachment.createdAt,
      contentType: attachment.contentType,
      fileName: attachment.fileName,
      download: c.req.valid("query").download === "1",
      cacheControl: "private, no-cache",
      vary: "Accept, Authorization, Cookie, User-Agent",
      async open() {
        const { reader, isNew, ...download } = await open();
        end = download.end;
        if (isNew) downloads.add(attachment.id);
        return {
          async read(into, position) {
            download.send();
            return await reader.read(into, position);
          },
          close: () => reader.close(),
        };
      },
      onEnd({ sent, left }) {
        end();
        if (left > 0) log.info("Download of {id} broke off", { id: attachment.id, requestId, sent, left });
      },
    }, { now: core.now(), load });
  });

  return app;
}
