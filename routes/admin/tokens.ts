/** `/api/v1/admin/tokens`: links to files of all owners. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Core } from "../../services/core.ts";
import { requireAdmin } from "../../services/policy.ts";
import { listAllTokens } from "../../services/tokens/list_all.ts";
import type { Env } from "../env.ts";
import { apiApp, problems } from "../openapi.ts";
import { json, listQuery, ofOwner } from "../schemas.ts";
import { Token, tokenJson } from "../tokens.ts";

const TokenOfFile = Token.extend({
  ownerId: z.string().openapi({ description: "Of the file." }),
  fileName: z.string().nullable().openapi({ description: "null: the file is gone for good." }),
}).openapi("TokenOfFile");

const listRoute = createRoute({
  method: "get",
  path: "/",
  tags: ["Administration"],
  summary: "Links to files of all owners, the one that ends last first",
  description: "`DELETE /api/v1/tokens/{id}` takes one back.",
  request: {
    query: z.object({
      ...listQuery,
      status: z.enum(["active", "ended"]).optional().openapi({
        description:
          "`active`: lets somebody in now. `ended`: expired, used up or taken back, until it is forgotten. Both when absent.",
      }),
      owner: ofOwner(),
    }),
  },
  responses: {
    200: json(
      z.object({ items: z.array(TokenOfFile), cursor: z.string().nullable() }),
      "A page; with a filter it may be short and still have a cursor.",
    ),
    ...problems("invalid-request", "invalid-cursor", "unauthenticated", "forbidden"),
  },
});

/** Routes relative to `/api/v1/admin/tokens`. */
export function allTokens(core: Core): OpenAPIHono<Env> {
  const app = apiApp();
  app.openapi(listRoute, async (c) => {
    requireAdmin(c.var.caller);
    const { items, cursor } = await listAllTokens(core, c.req.valid("query"));
    const now = core.now();
    return c.json({
      items: items.map(({ token, fileName }) => ({
        ...tokenJson(token, now),
        ownerId: token.ownerId,
        fileName,
      })),
      cursor,
    }, 200);
  });
  return app;
}
