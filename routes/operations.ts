/** For those who run the server: is it alive, may it get traffic, how far away is it. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Env } from "./env.ts";
import { CHECK_RESULTS, type Health } from "./health.ts";
import { apiApp } from "./openapi.ts";

export interface OperationsOptions {
  health: Health;
  /** Whether the server is stopping and wants no more traffic. */
  draining: () => boolean;
}

const LiveSchema = z.object({ status: z.literal("live") });
const ReadySchema = z.object({
  status: z.enum(["ready", "not-ready", "stopping"]),
  checks: z.record(z.string(), z.enum(CHECK_RESULTS)),
});

const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { "application/json": { schema } },
});

const liveRoute = createRoute({
  method: "get",
  path: "/health/live",
  tags: ["operations"],
  summary: "Whether the process answers at all",
  security: [],
  responses: { 200: json("It does.", LiveSchema) },
});

const readyRoute = createRoute({
  method: "get",
  path: "/health/ready",
  tags: ["operations"],
  summary: "Whether the server should get traffic",
  security: [],
  responses: {
    200: json("It should; with a part that is `full` it takes no new files, and does all else.", ReadySchema),
    503: json("It should not: a check failed or was silent for 2 s, or the server is stopping.", ReadySchema),
  },
});

const pingRoute = createRoute({
  method: "get",
  path: "/api/v1/ping",
  tags: ["operations"],
  summary: "An empty answer, to measure latency",
  security: [],
  responses: { 204: { description: "Nothing." } },
});

/** `/health/live`, `/health/ready` and `/api/v1/ping`; all for anybody, so they tell no internals. */
export function operations({ health, draining }: OperationsOptions): OpenAPIHono<Env> {
  const app = apiApp();

  app.openapi(liveRoute, (c) => c.json({ status: "live" as const }, 200));
  app.openapi(readyRoute, async (c) => {
    const checks = await health();
    const healthy = Object.values(checks).every((result) => result === "ok" || result === "full");
    const status = draining() ? "stopping" : healthy ? "ready" : "not-ready";
    const body = { status, checks } as const;
    if (status === "ready") return c.json(body, 200);
    return c.json(body, 503, { "Retry-After": "5" });
  });
  app.openapi(pingRoute, (c) => c.body(null, 204));
  return app;
}
