/** `/metrics`: what operators can measure, for those who watch the server and nobody else. */
import { createHash, timingSafeEqual } from "node:crypto";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import type { Config } from "../config/config.ts";
import type { Metrics } from "../services/metrics/metrics.ts";
import { canonicalAddress, inNetwork, parseNetwork } from "../services/network.ts";
import { requireAdmin } from "../services/policy.ts";
import type { Env } from "./env.ts";
import { apiApp, problems } from "./openapi.ts";

export interface MetricsRouteOptions {
  metrics: Pick<Metrics, "read">;
  config: Pick<Config, "metrics">;
  /** Sets `caller`, or refuses. */
  authenticate: MiddlewareHandler<Env>;
}

const route = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["operations"],
  summary: "Figures of the running server, for Prometheus",
  description:
    "For administrators, for PAWL_METRICS_TOKEN as the bearer token, and for addresses in PAWL_METRICS_ALLOW.",
  responses: {
    200: {
      description: "The text format of Prometheus.",
      content: { "text/plain": { schema: z.string() } },
    },
    ...problems("unauthenticated", "token-invalid", "token-expired", "forbidden"),
  },
});

/** Must stand before the authentication of everything else: the token for it is none of a person. */
export function metricsRoute({ metrics, config, authenticate }: MetricsRouteOptions): OpenAPIHono<Env> {
  const app = apiApp();
  const { token } = config.metrics;
  const networks = config.metrics.allow.map((block) => parseNetwork(block)!);
  const expected = token === null ? null : digest(`Bearer ${token}`);

  function mayRead(c: Context<Env>): boolean {
    const given = c.req.header("Authorization");
    if (expected && given !== undefined && timingSafeEqual(digest(given), expected)) return true;
    const address = c.var.clientAddress;
    return !isForwarded(c) && networks.some((network) => inNetwork(address, network));
  }

  app.openapi(route, async (c) => {
    if (!mayRead(c)) {
      await authenticate(c, () => Promise.resolve());
      requireAdmin(c.var.caller);
    }
    const { text, contentType } = await metrics.read();
    return c.text(text, 200, { "Content-Type": contentType, "Cache-Control": "no-store" });
  });
  return app;
}

/** What a proxy adds that passes on a request of somebody else. */
const FORWARDED = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"];

/** By a proxy that is not trusted: its own address says nothing about who asks. */
function isForwarded(c: Context<Env>): boolean {
  const peer = c.env?.remoteAddr?.hostname;
  const isPeer = peer !== undefined && canonicalAddress(peer) === c.var.clientAddress;
  return isPeer && FORWARDED.some((name) => c.req.header(name) !== undefined);
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
