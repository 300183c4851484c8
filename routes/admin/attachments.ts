/** `/api/v1/admin/attachments`: files of all owners. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { DownloadCounts } from "../../services/attachments/download_counts.ts";
import { listAllAttachments } from "../../services/attachments/list.ts";
import type { Core } from "../../services/core.ts";
import { requireAdmin } from "../../services/policy.ts";
import { attachmentViews } from "../attachment_views.ts";
import type { Env } from "../env.ts";
import { apiApp, problems } from "../openapi.ts";
import { Attachment, json, listQuery, ofOwner } from "../schemas.ts";

const listRoute = createRoute({
  method: "get",
  path: "/",
  tags: ["Administration"],
  summary: "Attachments of all owners, in pages",
  description:
    "Each page looks at a bounded number of files, so that with a filter it may be short, or empty, and still have a " +
    "cursor. What their owners can do to them administrators can too: see Attachments.",
  request: {
    query: z.object({
      ...listQuery,
      state: z.enum(["live", "deleted", "binned"]).default("live").openapi({
        description:
          "`live`: newest first. `deleted`: in their owners' recycle bins, the last first, of one owner the newest " +
          "first. `binned`: hidden from their owners by now, the last first.",
      }),
      owner: ofOwner(),
      businessType: z.string().max(64).optional(),
      q: z.string().max(255).optional().openapi({ description: "A part of the name." }),
    }),
  },
  responses: {
    200: json(z.object({ items: z.array(Attachment), cursor: z.string().nullable() }), "A page of them."),
    ...problems("invalid-request", "invalid-cursor", "unauthenticated", "forbidden"),
  },
});

/** Routes relative to `/api/v1/admin/attachments`. */
export function allAttachments(core: Core, downloads: DownloadCounts): OpenAPIHono<Env> {
  const app = apiApp();
  const views = attachmentViews(core, downloads);
  app.openapi(listRoute, async (c) => {
    requireAdmin(c.var.caller);
    const page = await listAllAttachments(core, c.req.valid("query"));
    return c.json({ items: await views(page.items), cursor: page.cursor }, 200);
  });
  return app;
}
