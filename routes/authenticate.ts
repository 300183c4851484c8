/** Finds out who calls, for every request, and leaves it in the context. What they may do is `services/policy.ts`. */
import type { Context, MiddlewareHandler } from "hono";
import type { Config } from "../config/config.ts";
import type { Access } from "../services/access/access.ts";
import { tokenInvalid, unauthenticated } from "../services/access/refusals.ts";
import type { Caller } from "../services/model.ts";
import { Problem } from "../services/problem.ts";
import type { Env } from "./env.ts";
import { cookieStanding, isCrossSite, ownOrigins, type SiteRequest } from "./http/request_site.ts";
import { riskierMethod } from "./http/method_override.ts";
import { readSessionCookie } from "./http/session_cookie.ts";

/** Everybody, when `PAWL_AUTH=off`. */
const LOCAL_ADMIN: Readonly<Caller> = { id: "local", role: "admin", name: "local" };

export interface Authentication {
  access: Pick<Access, "verifyBearer" | "verifyCookie">;
  config: Pick<Config, "auth" | "publicUrl" | "corsOrigins">;
}

/**
 * Sets `caller`: by `Authorization: Bearer`, else by the browser's cookie, else null. A cookie that has ended
 * means nobody, so that public files stay readable; a bad token is refused with 401, because who sends one wants
 * to be somebody. Throws `Problem` `cross-site` for what another site's page tries in the person's name.
 */
export function authenticate({ access, config }: Authentication): MiddlewareHandler<Env> {
  async function callerOf(c: Context<Env>): Promise<Caller | null> {
    const { headers } = c.req.raw;
    const site = (): SiteRequest => ({
      method: riskierMethod(c.req.raw),
      headers,
      ownOrigins: ownOrigins(c.req.url, config.publicUrl),
    });
    if (config.auth === "off") {
      if (isCrossSite(site(), config.corsOrigins)) throw crossSite();
      return { ...LOCAL_ADMIN };
    }
    const token = bearerToken(headers);
    if (token !== null) return (await access.verifyBearer(token)).caller;

    const cookie = readSessionCookie(c, config.publicUrl);
    if (cookie === undefined) return null;
    const standing = cookieStanding(site());
    if (standing === "refused") throw crossSite();
    return standing === "ignored" ? null : await callerOfCookie(cookie);
  }

  async function callerOfCookie(cookie: string): Promise<Caller | null> {
    try {
      return (await access.verifyCookie(cookie)).caller;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  }

  return async (c, next) => {
    const caller = await callerOf(c);
    const from = { address: c.get("clientAddress"), requestId: c.get("requestId") };
    c.set("caller", caller && { ...caller, from });
    await next();
  };
}

/** The caller of a route that is for signed-in people only. Throws `Problem` `unauthenticated`. */
export function requireCaller(c: Context<Env>): Caller {
  const caller = c.get("caller");
  if (!caller) throw unauthenticated();
  return caller;
}

/**
 * The token of `Authorization: Bearer` (RFC 6750 section 2.1), null without the header. Throws `Problem`
 * `token-invalid` for any other scheme, and for several headers: they arrive joined by a comma.
 */
export function bearerToken(headers: Headers): string | null {
  const value = headers.get("Authorization");
  if (value === null) return null;
  const match = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(value);
  if (!match) throw tokenInvalid("the Authorization header is not one Bearer token");
  return match[1]!;
}

export function crossSite(): Problem {
  return new Problem(
    "cross-site",
    "This request comes from a page of another site. Open Pawl itself, or add that site to PAWL_CORS_ORIGINS and send a bearer token.",
  );
}
