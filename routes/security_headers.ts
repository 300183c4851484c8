/** Headers that keep a browser from doing more with our answers than we mean. */
import { createMiddleware } from "hono/factory";
import type { Env } from "./env.ts";

/** For our own pages and JSON: only what is served from here, nothing inline, never in a frame. */
export const PAGE_CSP =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const DEFAULTS = [
  ["X-Content-Type-Options", "nosniff"],
  ["Content-Security-Policy", PAGE_CSP],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Cache-Control", "no-store"],
] as const;

/**
 * Adds the defaults that an answer has not set itself; user content sets its own, stricter ones. A 304 stays as it
 * is, because its headers replace those of the stored answer (RFC 9111 section 4.3.4).
 */
export const securityHeaders = createMiddleware<Env>(async (c, next) => {
  await next();
  if (c.res.status === 304) return;
  // Not `c.header`: it makes the answer and its body anew each time.
  const { headers } = c.res;
  for (const [name, value] of DEFAULTS) {
    if (!headers.has(name)) headers.set(name, value);
  }
});
