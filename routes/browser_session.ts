/** `/api/v1/session`: a bearer token becomes a browser cookie, is renewed while the page is open, and ends. */
import { z } from "@hono/zod-openapi";
import { type Context, Hono } from "hono";
import type { Config } from "../config/config.ts";
import type { Access } from "../services/access/access.ts";
import type { Caller } from "../services/model.ts";
import { bearerToken, requireCaller } from "./authenticate.ts";
import type { Env } from "./env.ts";
import { clearSessionCookie, readSessionCookie, writeSessionCookie } from "./http/session_cookie.ts";

export const BrowserSession = z.object({
  user: z.object({ id: z.string(), name: z.string(), role: z.enum(["admin", "user"]) }),
  /** ISO 8601 UTC; null when signing in is switched off and nothing ends. */
  expiresAt: z.string().nullable(),
});

export interface BrowserSessionOptions {
  access: Access;
  config: Pick<Config, "auth" | "publicUrl">;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Routes relative to `/api/v1/session`; stands behind `authenticate`, which has refused other sites' pages. */
export function browserSession({ access, config, now }: BrowserSessionOptions): Hono<Env> {
  const app = new Hono<Env>();

  /** What proves the caller: the same credential that `authenticate` chose; null when signing in is switched off. */
  async function identityOf(c: Context<Env>) {
    if (config.auth === "off") return null;
    const token = bearerToken(c.req.raw.headers);
    if (token !== null) return await access.verifyBearer(token);
    return await access.verifyCookie(readSessionCookie(c, config.publicUrl) ?? "");
  }

  app.use(async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
  });

  app.get("/", async (c) => {
    const caller = requireCaller(c);
    const identity = await identityOf(c);
    return c.json(answer(caller, identity?.expiresAt ?? null));
  });

  app.post("/", async (c) => {
    const caller = requireCaller(c);
    const identity = await identityOf(c);
    if (!identity) return c.json(answer(caller, null));
    const { cookie, expiresAt } = await access.mintCookie(identity);
    writeSessionCookie(c, cookie, { publicUrl: config.publicUrl, lifeMs: expiresAt - now() });
    return c.json(answer(caller, expiresAt));
  });

  // Signing out is for everybody, so that a browser can always get rid of a cookie that has ended.
  app.delete("/", (c) => {
    clearSessionCookie(c, config.publicUrl);
    return c.body(null, 204);
  });

  return app;
}

function answer({ id, name, role }: Caller, expiresAt: number | null): z.infer<typeof BrowserSession> {
  return {
    user: { id, name, role },
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  };
}
