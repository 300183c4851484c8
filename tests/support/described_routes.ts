/** Compares the routes that an app answers with those that its description names. */
import assert from "node:assert/strict";

export interface DescribedApp {
  /** As registered. */
  routes: { method: string; path: string }[];
  /** The OpenAPI document. */
  document: { paths?: Record<string, unknown> };
}

/** Fails with the list of all routes under `/api` that are answered but not described, or the other way round. */
export function assertEveryRouteDescribed({ routes, document }: DescribedApp): void {
  const answered = routes
    .filter((route) => route.method !== "ALL" && route.path.startsWith("/api"))
    .map((route) => `${route.method} ${route.path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}")}`);
  const described = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
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
