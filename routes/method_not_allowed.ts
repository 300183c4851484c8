/** Tells an unknown address from a known one asked with the wrong method. */
import type { Hono, NotFoundHandler } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import { Problem } from "../services/problem.ts";
import type { Env } from "./env.ts";
import { problemResponse } from "./problem_response.ts";

/**
 * The handler for `app.notFound`: 405 with `Allow` where another method's route matches (RFC 9110 section
 * 15.5.6), 204 with `Allow` for OPTIONS there, else 404. The routes are read from `app` at the first request, so
 * all must be registered by then; those registered for every method (middlewares) do not make a path known.
 */
export function methodNotAllowed(app: Hono<Env>): NotFoundHandler<Env> {
  let allowedAt: ((path: string) => string[]) | null = null;
  return (c) => {
    allowedAt ??= allowedMethods(app);
    const allowed = allowedAt(c.req.path);
    const method = c.req.method;
    // A route that matched and still found nothing is a plain 404.
    if (allowed.length === 0 || allowed.includes(method) && method !== "OPTIONS") {
      const problem = new Problem(
        "not-found",
        "There is nothing at this address. See /docs for what there is.",
      );
      return problemResponse(problem, c.var.requestId);
    }
    const headers = { Allow: allowed.join(", ") };
    if (method === "OPTIONS") return new Response(null, { status: 204, headers });
    const detail = `This address takes ${allowed.join(", ")}.`;
    return problemResponse(new Problem("method-not-allowed", detail, { headers }), c.var.requestId);
  };
}

/** Path -> methods that have a route there, with HEAD for GET and OPTIONS; none for an unknown path. */
function allowedMethods(app: Hono<Env>): (path: string) => string[] {
  const router = new TrieRouter<string>();
  const methods = new Set<string>();
  for (const route of app.routes) {
    if (route.method === "ALL") continue;
    methods.add(route.method);
    router.add(route.method, route.path, route.method);
  }
  return (path) => {
    const found = [...methods].filter((method) => router.match(method, path)[0].length > 0);
    if (found.length === 0) return [];
    if (found.includes("GET")) found.push("HEAD");
    return [...new Set([...found, "OPTIONS"])].sort();
  };
}
