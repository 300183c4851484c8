/** `/api/v1/session`: a bearer token becomes a browser cookie, is renewed while the page is open, and ends. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Config } from "../config/config.ts";
import type { Access, Identity } from "../services/access/access.ts";
import { actorOf } from "../services/audit/entry.ts";
import type { NoteSession } from "../services/audit/sessions.ts";
import type { Caller } from "../services/model.ts";
import { bearerToken, requireCaller } from "./authenticate.ts";
import type { Env } from "./env.ts";
import { clearSessionCookie, readSessionCookie, writeSessionCookie } from "./http/session_cookie.ts";
import { apiApp, problems } from "./openapi.ts";

export const BrowserSession = z.object({
  user: z.object({ id: z.string(), name: z.string(), role: z.enum(["admin", "user"]) }),
  expiresAt: z.string().nullable().openapi({
    format: "date-time",
    description: "ISO 8601, UTC; null when signing in is switched off and nothing ends.",
  }),
  signedInBy: z.enum(["token", "issuer"]).nullable().openapi({
    description: "A link or token, or a sign-in at the issuer; null when signing in is switched off.",
  }),
}).openapi("BrowserSession");

const tags = ["Browser session"];
const session = (description: string) => ({
  description,
  content: { "application/json": { schema: BrowserSession } },
});
const refusals = problems("unauthenticated", "token-invalid", "token-expired", "cross-site");

const showRoute = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "Who is signed in, and until when",
  responses: { 200: session("You."), ...refusals },
});

const openRoute = createRoute({
  method: "post",
  path: "/",
  tags,
  summary: "A bearer token becomes a browser's cookie; a cookie is renewed",
  description: "The cookie is `HttpOnly` and `SameSite=Strict`, and lasts 12 hours. It can be renewed for " +
    "`browserSession.maxHours`, 7 days by default, however the person signed in.",
  responses: { 200: session("You, with a cookie."), ...refusals },
});

const endRoute = createRoute({
  method: "delete",
  path: "/",
  tags,
  summary: "Sign out: the browser's cookie goes",
  security: [],
  responses: { 204: { description: "Signed out, now or before." }, ...problems("cross-site") },
});

export interface BrowserSessionOptions {
  access: Access;
  config: Pick<Config, "auth" | "publicUrl">;
  /** Milliseconds since 1970. */
  now: () => number;
  noteSession: NoteSession;
}

/** Routes relative to `/api/v1/session`; stands behind `authenticate`, which has refused other sites' pages. */
export function browserSession(options: BrowserSessionOptions): OpenAPIHono<Env> {
  const { access, config, noteSession } = options;
  const app = apiApp();

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

  app.openapi(showRoute, async (c) => {
    const caller = requireCaller(c);
    const identity = await identityOf(c);
    return c.json(answer({ ...identity, caller }), 200);
  });

  app.openapi(openRoute, async (c) => {
    const caller = requireCaller(c);
    const identity = await identityOf(c);
    if (!identity) return c.json(answer({ caller }), 200);
    // A cookie that is renewed is no new sign-in.
    const isNew = bearerToken(c.req.raw.headers) !== null;
    return c.json(await (isNew ? signInBrowser : giveCookie)(c, identity, options), 200);
  });

  // Signing out is for everybody, so that a browser can always get rid of a cookie that has ended.
  app.openapi(endRoute, async (c) => {
    const { caller } = c.var;
    if (caller && readSessionCookie(c, config.publicUrl) !== undefined) {
      await noteSession({ action: "session.sign-out", actor: { ...actorOf(caller), id: caller.id } });
    }
    clearSessionCookie(c, config.publicUrl);
    return c.body(null, 204);
  });

  return app;
}

/** Signs the browser in: sets the cookie, and gives what the page is told. */
export async function signInBrowser(c: Context<Env>, identity: Identity, options: BrowserSessionOptions) {
  const { caller, signedInBy } = identity;
  const from = { address: c.var.clientAddress, requestId: c.var.requestId };
  const actor = { ...actorOf(caller, from), id: caller.id };
  await options.noteSession({ action: "session.sign-in", actor, by: signedInBy });
  return await giveCookie(c, identity, options);
}

async function giveCookie(
  c: Context<Env>,
  identity: Identity,
  { access, config, now }: BrowserSessionOptions,
): Promise<z.infer<typeof BrowserSession>> {
  const { cookie, expiresAt } = await access.mintCookie(identity);
  writeSessionCookie(c, cookie, { publicUrl: config.publicUrl, lifeMs: expiresAt - now() });
  return answer({ ...identity, expiresAt });
}

function answer(
  { caller: { id, name, role }, expiresAt, signedInBy }: Partial<Identity> & { caller: Caller },
): z.infer<typeof BrowserSession> {
  return {
    user: { id, name, role },
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    signedInBy: signedInBy ?? null,
  };
}
