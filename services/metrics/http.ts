/** Requests by the pattern of their route: never by their path, which may hold ids and secrets. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ProblemCode } from "../problem.ts";

export interface HttpMetrics {
  /** A request has come; the returned function says how it was answered. */
  begin(): (answer: Answered) => void;
}

export interface Answered {
  /** A known one; any other counts as `other`. */
  method: string;
  /** As registered, such as `/api/v1/uploads/{id}`; null: of none. */
  route: string | null;
  status: number;
  /** Why it was refused; null: it was not. */
  code: ProblemCode | null;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export function newHttpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry];
  let running = 0;
  const requests = new Counter({
    name: "pawl_http_requests_total",
    help: "Requests that were answered.",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "pawl_http_request_duration_seconds",
    help: "Time until the answer's headers: of an upload with its body, of a download without.",
    labelNames: ["method", "route"],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 300],
    registers,
  });
  const refusals = new Counter({
    name: "pawl_http_refusals_total",
    help: "Requests that were refused, by the code of the problem document.",
    labelNames: ["code"],
    registers,
  });
  new Gauge({
    name: "pawl_http_requests_running",
    help: "Requests without an answer yet.",
    registers,
    collect() {
      this.set(running);
    },
  });

  return {
    begin() {
      const since = performance.now();
      running++;
      return ({ method, route, status, code }) => {
        running--;
        const labels = { method: METHODS.has(method) ? method : "other", route: route ?? "none" };
        durations.observe(labels, (performance.now() - since) / 1000);
        requests.inc({ ...labels, status: `${Math.floor(status / 100)}xx` });
        if (code !== null) refusals.inc({ code });
      };
    },
  };
}
