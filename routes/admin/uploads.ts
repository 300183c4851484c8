/** `/api/v1/admin/uploads`: who is uploading what. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Core } from "../../services/core.ts";
import { requireAdmin } from "../../services/policy.ts";
import { listOpenUploads, type OpenUpload } from "../../services/uploads/list_open.ts";
import type { Env } from "../env.ts";
import { apiApp, problems } from "../openapi.ts";
import { json, listQuery, ofOwner, Session, sessionJson } from "../schemas.ts";

/** Without what grows with the number of chunks: that is asked for one by one. */
const OpenSession = z.object({
  ...Session.omit({ received: true, uploadedChunkIndexes: true }).shape,
  ownerId: z.string(),
  lastProgressAt: z.string().openapi({
    format: "date-time",
    description: "Of one that has been silent since a start of the server up to a minute off.",
  }),
  active: z.boolean().openapi({ description: "Bytes are coming right now." }),
}).openapi("OpenSession");

const listRoute = createRoute({
  method: "get",
  path: "/",
  tags: ["Administration"],
  summary: "Open sessions of all owners, the latest progress first",
  description:
    "With more than 500 of them by owner, the newest first. `DELETE /api/v1/uploads/{id}` ends one.",
  request: { query: z.object({ ...listQuery, owner: ofOwner() }) },
  responses: {
    200: json(
      z.object({ items: z.array(OpenSession), cursor: z.string().nullable() }),
      "A page; it may be short and still have a cursor.",
    ),
    ...problems("invalid-request", "invalid-cursor", "unauthenticated", "forbidden"),
  },
});

/** Routes relative to `/api/v1/admin/uploads`. */
export function openUploads(core: Core): OpenAPIHono<Env> {
  const app = apiApp();

  function openJson({ view, lastProgressAt, active }: OpenUpload): z.infer<typeof OpenSession> {
    const { received: _received, uploadedChunkIndexes: _indexes, ...session } = sessionJson(
      view,
      core.config,
    );
    return {
      ...session,
      ownerId: view.ownerId,
      lastProgressAt: new Date(lastProgressAt).toISOString(),
      active,
    };
  }

  app.openapi(listRoute, async (c) => {
    requireAdmin(c.var.caller);
    const page = await listOpenUploads(core, c.req.valid("query"));
    return c.json({ items: page.items.map(openJson), cursor: page.cursor }, 200);
  });
  return app;
}
