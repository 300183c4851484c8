/** For those who run the server: is it alive, may it get traffic, how far away is it. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import type { Env } from "./env.ts";
import { apiApp } from "./openapi.ts";

export interface OperationsOptions {
  /** By name: resolves while the part works, throws while it does not. */
  checks: Record<string, () => Promise<void>>;
  /** Whether the server is stopping and wants no more traffic. */
  draining: () => boolean;
  /** Milliseconds after which a silent check counts as failed. */
  deadlineMs?: number;
}

const LiveSchema = z.object({ status: z.literal("live") });
const ReadySchema = z.object({
  status: z.enum(["ready", "not-ready", "stopping"]),
  checks: z.record(z.string(), z.enum(["ok", "failed", "silent"])),
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
    200: json("It should.", ReadySchema),
    503: json("It should not: a check failed or was silent, or the server is stopping.", ReadySchema),
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
export function operations({ checks, draining, deadlineMs = 2000 }: OperationsOptions): OpenAPIHono<Env> {
  const app = apiApp();
  const probes = Object.entries(checks).map(([name, check]) =>
    [name, probe(name, check, deadlineMs)] as const
  );

  app.openapi(liveRoute, (c) => c.json({ status: "live" as const }, 200));
  app.openapi(readyRoute, async (c) => {
    const results = await Promise.all(probes.map(async ([name, ask]) => [name, await ask()] as const));
    const healthy = results.every(([, result]) => result === "ok");
    const status = draining() ? "stopping" : healthy ? "ready" : "not-ready";
    const body = { status, checks: Object.fromEntries(results) } as const;
    if (status === "ready") return c.json(body, 200);
    return c.json(body, 503, { "Retry-After": "5" });
  });
  app.openapi(pingRoute, (c) => c.body(null, 204));
  return app;
}

/**
 * Asks `check` under a deadline. Askers that come while it runs share its result, and one that hangs is not started
 * again before it has ended: probes must not pile up on what is already in trouble.
 */
function probe(name: string, check: () => Promise<void>, deadlineMs: number) {
  let running: Promise<"ok" | "failed"> | null = null;
  return async (): Promise<"ok" | "failed" | "silent"> => {
    running ??= run(name, check).finally(() => running = null);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silent = new Promise<"silent">((resolve) => {
      timer = setTimeout(() => resolve("silent"), deadlineMs);
    });
    try {
      return await Promise.race([running, silent]);
    } finally {
      clearTimeout(timer);
    }
  };
}

async function run(name: string, check: () => Promise<void>): Promise<"ok" | "failed"> {
  try {
    await check();
    return "ok";
  } catch (error) {
    getLogger(["pawl", "health"]).warning("check {name} failed", { name, error });
    return "failed";
  }
}
