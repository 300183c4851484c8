/** Gives every request its id and one line in the log. */
import { getLogger } from "@logtape/logtape";
import type { Context, MiddlewareHandler } from "hono";
import type { Env } from "./env.ts";
import { clientAddress, type TrustedProxies } from "./http/client_address.ts";
import { loggedPath } from "./http/logged_path.ts";
import { answerError } from "./problem_response.ts";
import { traceId } from "./request_trace.ts";

export interface RequestLogOptions {
  trusted: TrustedProxies;
  /** Milliseconds, monotonic. */
  now?: () => number;
}

/**
 * The outermost middleware: sets `requestId` and `clientAddress`, answers with `X-Request-Id`, and logs method, path
 * without its query, status, duration until the headers, declared body length, client, caller and trace. The id is
 * always our own, so nobody can write into our logs with it.
 */
export function requestLog(
  { trusted, now = () => performance.now() }: RequestLogOptions,
): MiddlewareHandler<Env> {
  return async (c, next) => {
    const started = now();
    c.set("requestId", crypto.randomUUID());
    c.set("clientAddress", clientAddress(c.env?.remoteAddr?.hostname, c.req.raw.headers, { trusted }));
    try {
      await next();
    } catch (thrown) {
      // Hono brings errors to `onError` by itself, but lets anything else that is thrown pass.
      c.res = await answerError(
        thrown instanceof Error ? thrown : new Error("not an error", { cause: thrown }),
        c,
      );
    }
    // Not `c.header`: it makes the answer and its body anew.
    c.res.headers.set("X-Request-Id", c.get("requestId"));
    writeLine(c, Math.round((now() - started) * 10) / 10);
  };
}

function writeLine(c: Context<Env>, durationMs: number): void {
  const status = c.res.status;
  const level = status >= 500 ? "error" : c.req.path.startsWith("/health/") ? "debug" : "info";
  const log = getLogger(["pawl", "http"]);
  if (!log.isEnabledFor(level)) return;
  const { requestId, clientAddress, caller } = c.var;
  const trace = traceId();
  log[level]("{method} {path} {status} {durationMs} ms", {
    requestId,
    method: c.req.method.slice(0, 16),
    path: loggedPath(c.req.path),
    status,
    durationMs,
    bytesIn: declaredLength(c.req.header("Content-Length")),
    client: clientAddress,
    caller: caller?.id ?? null,
    ...(trace !== undefined && { traceId: trace }),
  });
}

function declaredLength(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;
}
