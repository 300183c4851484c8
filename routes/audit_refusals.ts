/** Brings refusals into the audit: who was not let in, or wanted more than they may. */
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { actorOf } from "../services/audit/entry.ts";
import type { Refusals } from "../services/audit/refusals.ts";
import type { Env } from "./env.ts";
import { toProblem } from "./problem_response.ts";

/** Of access, rules and limits. What belongs to a protocol (conflicts, preconditions, malformed requests) is in the log. */
const AUDITED = new Set([401, 403, 404, 413, 415, 421, 422, 429]);

/** Must stand outside of whatever refuses. */
export function auditRefusals(refusals: Refusals): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    if (!c.error || !AUDITED.has(c.res.status)) return;
    const pattern = matchedRoutes(c).at(-1)?.path ?? "*";
    const route = `${c.req.method.slice(0, 16)} ${pattern}`;
    const { code, about } = toProblem(c.error);
    const id = c.req.param("id");
    refusals.note({
      actor: actorOf(c.var.caller ?? null, { address: c.var.clientAddress, requestId: c.var.requestId }),
      target: about ?? { kind: "route", id: route },
      code,
      detail: { ...(about && { route }), ...(id !== undefined && { id }) },
    });
  };
}
