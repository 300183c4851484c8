/** `/api/v1/admin/overview`: how the server is, at a glance; cheap enough to be asked every few seconds. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Core } from "../../services/core.ts";
import { jobsThatFailed } from "../../services/jobs/overview.ts";
import { requireAdmin } from "../../services/policy.ts";
import { countOpenUploads } from "../../services/uploads/list_open.ts";
import type { Env } from "../env.ts";
import type { Health } from "../health.ts";
import { apiApp, problems } from "../openapi.ts";
import { json } from "../schemas.ts";

const Overview = z.object({
  version: z.string(),
  startedAt: z.string().openapi({ format: "date-time" }),
  uploads: z.int().openapi({ description: "Open sessions, counted up to 1000." }),
  moreUploads: z.boolean().openapi({ description: "There are more than these." }),
  jobsFailed: z.array(z.string()).openapi({ description: "Jobs whose last run failed." }),
  imageQueue: z.int().openapi({ description: "Pictures that wait to be worked on." }),
  health: z.object({
    records: z.boolean().openapi({ description: "The database answers." }),
    storage: z.boolean().openapi({ description: "Bytes can be stored." }),
  }),
}).openapi("Overview");

const overviewRoute = createRoute({
  method: "get",
  path: "/",
  tags: ["Administration"],
  summary: "How the server is, at a glance",
  responses: { 200: json(Overview, "Cheap."), ...problems("unauthenticated", "forbidden") },
});

export interface OverviewOptions {
  version: string;
  /** Ms since 1970. */
  startedAt: number;
  health: Health;
}

/** Routes relative to `/api/v1/admin/overview`. */
export function overview(
  core: Core,
  { version, startedAt, health }: OverviewOptions,
): OpenAPIHono<Env> {
  const app = apiApp();
  app.openapi(overviewRoute, async (c) => {
    requireAdmin(c.var.caller);
    const [{ count, more }, jobsFailed, parts] = await Promise.all([
      countOpenUploads(core),
      jobsThatFailed(core),
      health(),
    ]);
    return c.json({
      version,
      startedAt: new Date(startedAt).toISOString(),
      uploads: count,
      moreUploads: more,
      jobsFailed,
      imageQueue: core.images.workshop.waiting,
      health: { records: parts.records === "ok", storage: parts.storage === "ok" },
    }, 200);
  });
  return app;
}
