/** By which registered route a request is answered, in the form that the API's description has. */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import type { Env } from "./env.ts";

const patterns = new Map<string, string>();

/** Such as `/api/v1/uploads/{id}`; null where only middlewares match. Never what the request itself says. */
export function routePattern(c: Context<Env>): string | null {
  const path = matchedRoutes(c).findLast(({ method }) => method !== "ALL")?.path;
  if (path === undefined) return null;
  let pattern = patterns.get(path);
  if (pattern === undefined) patterns.set(path, pattern = path.replace(/:(\w+)(\{[^}]*\})?\??/g, "{$1}"));
  return pattern;
}
