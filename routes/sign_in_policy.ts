/** What the page may reach when somebody comes back to it from the OIDC issuer. */
import type { MiddlewareHandler } from "hono";
import type { Issuer } from "../services/access/issuer.ts";
import type { Env } from "./env.ts";
import { PAGE_CSP } from "./security_headers.ts";

/**
 * For the address that the issuer sends browsers back to: with a code in its query, the page may reach the origin of
 * the token endpoint, to exchange the code there. In every other state it reaches this server alone. When the
 * issuer cannot be asked, the page is served all the same and learns of it when it asks for the endpoint.
 */
export function signInPolicy(issuer: Issuer | null): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { code, state } = c.req.query();
    const comesBack = issuer?.clientId && code !== undefined && state !== undefined;
    const endpoint = comesBack
      ? await issuer.discover().then(({ tokenEndpoint }) => tokenEndpoint, () => null)
      : null;
    await next();
    if (endpoint === null || c.res.status === 304) return;
    const policy = c.res.headers.get("Content-Security-Policy") ?? PAGE_CSP;
    c.header("Content-Security-Policy", mayConnect(policy, new URL(endpoint).origin));
  };
}

const CONNECT = "connect-src 'self'";

/** The policy of the page, which names nothing but itself under `connect-src`, with `origin` added there. Pure. */
export function mayConnect(policy: string, origin: string): string {
  if (policy.includes(CONNECT)) return policy.replace(CONNECT, `${CONNECT} ${origin}`);
  return `${policy}; ${CONNECT} ${origin}`;
}
