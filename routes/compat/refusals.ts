/** Refusals in the words of the old clients: every one, wherever it comes from. */
import type { MiddlewareHandler } from "hono";
import { z } from "@hono/zod-openapi";
import { type ProblemCode, PROBLEMS } from "../../services/problem.ts";
import type { Env } from "../env.ts";
import { envelope, envelopeSchema } from "./envelope.ts";
import { type OldSystem, oldSystemOf } from "./paths.ts";

/** Their servers knew no others for bytes that are not what was announced. */
const DOTNET_STATUSES: Record<number, number> = { 422: 400 };

const statusFor = (system: OldSystem, status: number) =>
  system === "dotnet" ? DOTNET_STATUSES[status] ?? status : status;

interface ProblemDocument {
  status: number;
  title: string;
  detail: string;
  code: string;
}

/** Renders what others refused in our own way; must stand outside of them. */
export const oldRefusals: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const system = oldSystemOf(c.req.path);
  if (system === null || c.res.headers.get("Content-Type") !== "application/problem+json") return;
  const problem: ProblemDocument = await c.res.json();
  const status = statusFor(system, problem.status);
  const body = new TextEncoder().encode(
    system === "dotnet" ? problem.detail : JSON.stringify(envelope({
      statusCode: status,
      messageInfo: problem.detail,
      messageInfoDev: problem.title,
      code: problem.code,
    })),
  );
  const headers = new Headers(c.res.headers);
  headers.set("Content-Type", system === "dotnet" ? "text/plain; charset=utf-8" : "application/json");
  headers.set("Content-Length", String(body.length));
  // Else Hono would keep headers of the answer that is replaced.
  c.res = undefined;
  c.res = new Response(body, { status, headers });
};

/** The `responses` of a route for its refusals, as `problems` gives them for ours. */
export function oldProblems(system: OldSystem, ...codes: ProblemCode[]) {
  const content = system === "dotnet"
    ? { "text/plain": { schema: z.string() } }
    : { "application/json": { schema: envelopeSchema(z.null()) } };
  const responses: Record<number, { description: string; content: typeof content }> = {};
  for (const code of codes) {
    const [status, title] = PROBLEMS[code];
    const response = responses[statusFor(system, status)] ??= { description: "", content };
    response.description += `${response.description && "; "}${title} (\`${code}\`)`;
  }
  return responses;
}
