/** Compares the routes that an app answers with those that its description names. */
import assert from "node:assert/strict";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Env } from "../../routes/env.ts";
import { describe } from "../../routes/openapi.ts";

/** Fails with the list of all routes under `/api` that are answered but not described, or the other way round. */
export function assertEveryRouteDescribed(app: OpenAPIHono<Env>): void {
  const answered = app.routes
    .filter((route) => route.method !== "ALL" && route.path.startsWith("/api"))
    .map((route) => `${route.method} ${route.path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`);
  const { paths = {} } = describe(app, { version: "0", publicUrl: null });
  const described = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item as object)
      .filter((key) => /^(get|head|post|put|patch|delete|options|trace)$/.test(key))
      .map((method) => `${method.toUpperCase()} ${path}`)
  ).filter((route) => route.includes(" /api"));
  // HEAD is answered by every GET and may be described by itself.
  const gets = answered.filter((route) => route.startsWith("GET ")).map((route) =>
    route.replace("GET", "HEAD")
  );
  assert.deepEqual(answered.filter((route) => !described.includes(route)), [], "answered but not described");
  assert.deepEqual(
    described.filter((route) => !answered.includes(route) && !gets.includes(route)),
    [],
    "described but not answered",
  );
}
