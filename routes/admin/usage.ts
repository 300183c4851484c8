/** `/api/v1/admin/usage`: who has stored how much, and who is uploading how much today. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Core } from "../../services/core.ts";
import { requireAdmin } from "../../services/policy.ts";
import { countWhenDue } from "../../services/reports/count_when_due.ts";
import { listUsage } from "../../services/reports/usage.ts";
import type { Env } from "../env.ts";
import { apiApp, problems } from "../openapi.ts";
import { json, listQuery } from "../schemas.ts";

const count = (description?: string) => z.int().min(0).openapi(description ? { description } : {});

const OwnerUsage = z.object({
  ownerId: z.string(),
  files: count("Live ones, as counted last."),
  bytes: count("Of these."),
  deletedFiles: count("In the owner's recycle bin."),
  deletedBytes: count(),
  binnedFiles: count("Hidden from the owner."),
  binnedBytes: count(),
  uploadsNow: count("Uploads that run, as limits count them now; 0 of administrators."),
  bytesToday: count("Bytes of this day (UTC), as limits count them now; 0 of administrators."),
  limited: z.boolean().openapi({ description: "A limit is used up now." }),
}).openapi("OwnerUsage");

const listRoute = createRoute({
  method: "get",
  path: "/",
  tags: ["Administration"],
  summary: "What each owner has stored and uploads today",
  description: "Owners who have files or open uploads, as the job `storageReport` counted last.",
  request: {
    query: z.object({
      ...listQuery,
      sort: z.enum(["bytes", "name"]).default("bytes").openapi({ description: "Most first, or A to Z." }),
    }),
  },
  responses: {
    200: json(
      z.object({
        items: z.array(OwnerUsage),
        asOf: z.string().nullable().openapi({
          format: "date-time",
          description: "When their files were counted; null: never yet.",
        }),
        cursor: z.string().nullable(),
      }),
      "A page; it may be short and still have a cursor.",
    ),
    ...problems("invalid-request", "invalid-cursor", "unauthenticated", "forbidden"),
  },
});

/** Routes relative to `/api/v1/admin/usage`. */
export function ownersUsage(core: Core): OpenAPIHono<Env> {
  const app = apiApp();
  app.openapi(listRoute, async (c) => {
    requireAdmin(c.var.caller);
    await countWhenDue(core);
    const { items, asOf, cursor } = await listUsage(core, c.req.valid("query"));
    return c.json({
      items: items.map(({ fileBytes, ...usage }) => ({ ...usage, bytes: fileBytes })),
      asOf: asOf === null ? null : new Date(asOf).toISOString(),
      cursor,
    }, 200);
  });
  return app;
}
