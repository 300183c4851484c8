/** Counts every request and measures how long it takes. */
import type { MiddlewareHandler } from "hono";
import type { HttpMetrics } from "../services/metrics/http.ts";
import type { Env } from "./env.ts";
import { toProblem } from "./problem_response.ts";
import { routePattern } from "./route_pattern.ts";

/** Stands inside of the log and outside of whatever refuses. */
export function requestMetrics(metrics: HttpMetrics): MiddlewareHandler<Env> {
  return async (c, next) => {
    const answered = metrics.begin();
    let status = 500;
    try {
      await next();
      status = c.res.status;
    } finally {
      const code = c.error ? toProblem(c.error).code : null;
      answered({ method: c.req.method, route: routePattern(c), status, code });
    }
  };
}
