/** `GET /api/v1/usage`, and the same in the headers of answers that limits have to do with. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Core } from "../services/core.ts";
import { LIMIT_SETTINGS } from "../services/limits/exceeded.ts";
import type { LimitName } from "../services/limits/rules.ts";
import { type LimitUse, usesOf } from "../services/limits/usage.ts";
import type { Caller } from "../services/model.ts";
import { requireCaller } from "./authenticate.ts";
import type { Env } from "./env.ts";
import { rateLimitFields } from "./http/rate_limit.ts";
import { apiApp, problems } from "./openapi.ts";
import { json } from "./schemas.ts";

const Use = z.object({
  max: z.int(),
  used: z.int(),
  remaining: z.int(),
  freeAt: z.string().nullable().openapi({
    format: "date-time",
    description: "When something of it is free again at the latest; null: nothing is used.",
  }),
  setting: z.string().openapi({ description: "By which it is changed.", example: "limits.uploadsPerMinute" }),
}).openapi("LimitUse");
const use = (description: string) =>
  Use.nullable().openapi({ description: `${description}; null: no such limit.` });

const Usage = z.object({
  exempt: z.boolean().openapi({ description: "No limits hold for you: you are an administrator." }),
  uploadsAtOnce: use("Uploads that run, or got their last byte less than a minute ago"),
  uploadsPerMinute: use("Uploads begun in the last 60 seconds"),
  bytesPerDay: use("Bytes of this day (UTC), those too that are reserved for uploads that run"),
}).openapi("Usage");

const usageRoute = createRoute({
  method: "get",
  path: "/usage",
  tags: ["Uploads"],
  summary: "Your limits, and what is used of them",
  responses: { 200: json(Usage, "Your limits."), ...problems("unauthenticated") },
});

/** Routes relative to `/api/v1`. */
export function usage(core: Core): OpenAPIHono<Env> {
  const app = apiApp();
  app.openapi(usageRoute, async (c) => {
    const caller = requireCaller(c);
    const uses = await usesOfCaller(core, caller) ?? [];
    const of = (name: LimitName) => useJson(uses.find(({ limit }) => limit === name));
    return c.json({
      exempt: caller.role === "admin",
      uploadsAtOnce: of("uploads-at-once"),
      uploadsPerMinute: of("uploads-per-minute"),
      bytesPerDay: of("bytes-per-day"),
    }, 200);
  });
  return app;
}

/** Requests that begin an upload. */
const OPENINGS = /^(POST \/(api\/v1\/uploads|api\/v1\/attachments|files)\/?|PUT \/api\/v1\/files\/[^/]+)$/;

/** Tells with each answer to the beginning of an upload, and with each refusal by a limit, what is left. */
export function rateLimits(core: Core): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    if (c.res.status !== 429 && !OPENINGS.test(`${c.req.method} ${c.req.path}`)) return;
    const uses = c.var.caller && await usesOfCaller(core, c.var.caller).catch(() => null);
    if (!uses || uses.length === 0) return;
    const { policy, limit } = rateLimitFields(uses, core.now());
    c.res.headers.set("RateLimit-Policy", policy);
    c.res.headers.set("RateLimit", limit);
  };
}

async function usesOfCaller(core: Core, caller: Caller): Promise<LimitUse[] | null> {
  const counted = await core.limits.usage(caller);
  return counted && usesOf(core.config.limits, counted, core.now());
}

function useJson(use: LimitUse | undefined): z.infer<typeof Use> | null {
  if (!use) return null;
  const { limit, max, used, remaining, freeAt } = use;
  return {
    max,
    used,
    remaining,
    freeAt: freeAt === null ? null : new Date(freeAt).toISOString(),
    setting: LIMIT_SETTINGS[limit],
  };
}
