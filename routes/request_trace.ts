/** Names each request in the trace that Deno makes of it when OpenTelemetry is on, and keeps out what is secret. */
import { type AttributeValue, type Span, trace } from "@opentelemetry/api";
import type { MiddlewareHandler } from "hono";
import type { Env } from "./env.ts";
import { loggedPath } from "./http/logged_path.ts";
import { toProblem } from "./problem_response.ts";
import { routePattern } from "./route_pattern.ts";

/** The trace of the running request, for its line in the log; undefined without one. */
export function traceId(): string | undefined {
  const span = trace.getActiveSpan();
  return span?.isRecording() ? span.spanContext().traceId : undefined;
}

/** Stands inside of the log, which has made the id, and outside of whatever refuses. */
export const requestTrace: MiddlewareHandler<Env> = async (c, next) => {
  const span = trace.getActiveSpan();
  if (!span?.isRecording()) return await next();
  span.setAttribute("pawl.request_id", c.var.requestId);
  await next();
  const route = routePattern(c);
  if (route !== null) {
    span.setAttribute("http.route", route);
    span.updateName(`${c.req.method} ${route}`);
  }
  if (c.error) span.setAttribute("pawl.code", toProblem(c.error).code);
};

/** What Deno writes down of addresses by itself -> what may be. */
const MASKS: Record<string, (value: string) => string> = {
  "url.full": (value) => {
    const url = URL.parse(value);
    return url === null ? "" : url.origin + loggedPath(url.pathname);
  },
  "url.path": loggedPath,
  "url.query": () => "",
};

/**
 * To be called once, before anything is served: from then on no span has the access token or the code of a sign-in
 * that an address holds. Deno writes addresses into spans before any handler runs, and to set an attribute again
 * leaves the first one beside it, so that the setter itself is wrapped.
 */
export function maskAddressesInTraces(): void {
  const span = trace.getTracer("pawl").startSpan("start"); // Never ended, so that it goes nowhere.
  if (!span.isRecording()) return;
  const type: Span = Object.getPrototypeOf(span);
  const { setAttribute } = type;
  type.setAttribute = function (this: Span, name: string, value: AttributeValue) {
    const mask = MASKS[name];
    return setAttribute.call(this, name, mask && typeof value === "string" ? mask(value) : value);
  };
}
