/** Which other origins may read our answers in a browser. */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Env } from "./env.ts";

/** What scripts of listed origins may read beside the few headers that browsers always show. */
const EXPOSED = [
  "Accept-Patch",
  "Accept-Ranges",
  "Allow",
  "Content-Disposition",
  "Content-Encoding",
  "Content-Length",
  "Content-Location",
  "Content-Range",
  "ETag",
  "Last-Modified",
  "Location",
  "Pawl-Attachment-Id",
  "RateLimit",
  "RateLimit-Policy",
  "Repr-Digest",
  "Retry-After",
  "Tus-Checksum-Algorithm",
  "Tus-Extension",
  "Tus-Max-Size",
  "Tus-Resumable",
  "Tus-Version",
  "Upload-Complete",
  "Upload-Concat",
  "Upload-Defer-Length",
  "Upload-Expires",
  "Upload-Length",
  "Upload-Limit",
  "Upload-Metadata",
  "Upload-Offset",
  "WWW-Authenticate",
  "X-Request-Id",
];

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * CORS for exactly the `origins` (compared as whole strings), with credentials; any other origin gets an answer
 * without CORS headers. No origins: no CORS at all. Must stand before whatever may refuse a request, so that scripts
 * can read refusals. A preflight of a listed origin is answered here; a plain OPTIONS goes on to its route.
 */
export function corsFor(origins: readonly string[]): MiddlewareHandler<Env> {
  if (origins.length === 0) return (_c, next) => next();
  const listed = new Set(origins);
  const answer = cors({
    origin: [...origins],
    credentials: true,
    allowMethods: METHODS,
    exposeHeaders: EXPOSED,
    maxAge: 86_400,
  });
  return async (c, next) => {
    const known = listed.has(c.req.header("Origin") ?? "");
    const plainOptions = c.req.method === "OPTIONS" && !c.req.header("Access-Control-Request-Method");
    if (known && !plainOptions) return await answer(c, next);
    await next();
    const { headers } = c.res;
    headers.append("Vary", "Origin");
    if (!known) return;
    headers.set("Access-Control-Allow-Origin", c.req.header("Origin")!);
    headers.set("Access-Control-Allow-Credentials", "true");
    headers.set("Access-Control-Expose-Headers", EXPOSED.join(","));
  };
}
