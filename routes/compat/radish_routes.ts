/** What the routes of system C share: how they are described, and how they answer. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ProblemCode } from "../../services/problem.ts";
import type { Env } from "../env.ts";
import { READERS } from "../openapi.ts";
import { json } from "../schemas.ts";
import { envelope, envelopeSchema } from "./envelope.ts";
import { oldProblems } from "./refusals.ts";

export interface OldRoute {
  method: "get" | "post" | "put" | "delete";
  path: string;
  summary: string;
  /** Anybody may ask; files that are not public are for who may read them. */
  open?: boolean;
  query?: z.ZodObject;
  body?: { type: "application/json" | "multipart/form-data"; schema: z.ZodType };
  /** Of the answer's `responseData`; absent: the answer is the bytes of a file. */
  data?: z.ZodType;
  refusals: readonly ProblemCode[];
}

const BINARY = { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } };

/** Puts a route into the description. */
export function describeOld(app: OpenAPIHono<Env>, route: OldRoute): void {
  const { method, path, summary, open = false, query, body, data, refusals } = route;
  const params = path.includes("{id}") ? z.object({ id: z.string() }) : undefined;
  app.openAPIRegistry.registerPath({
    method,
    path,
    tags: ["Old clients: Radish"],
    summary,
    ...(open && { security: READERS }),
    request: {
      ...(params && { params }),
      ...(query && { query }),
      ...(body && { body: { required: true, content: { [body.type]: { schema: body.schema } } } }),
    },
    responses: {
      ...(data ? { 200: json(envelopeSchema(data), "In the envelope.") } : {
        200: { description: "All of it.", content: BINARY },
        206: { description: "The ranges asked for.", content: BINARY },
        304: { description: "What you have is current." },
      }),
      ...oldProblems("radish", ...refusals),
    },
  });
}

export function answer(c: Context<Env>, messageInfo: string, responseData: unknown = null): Response {
  return c.json(envelope({ messageInfo, responseData }));
}

export const BODY_REFUSALS = [
  "invalid-request",
  "malformed-body",
  "body-incomplete",
  "body-stalled",
  "body-too-large",
  "unsupported-media-type",
] as const;

export const FILE_REFUSALS = [
  "invalid-file-name",
  "unknown-business-type",
  "file-too-large",
  "type-not-allowed",
  "content-mismatch",
  "image-too-large",
  "image-unreadable",
  "image-unsupported",
  "uploads-at-once",
  "uploads-per-minute",
  "bytes-per-day",
  "over-daily-limit",
  "disk-full",
  "stopping",
] as const;
