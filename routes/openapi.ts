/** What all API routes share: an app that refuses in our way, the schema of refusals, and the description itself. */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { type ProblemCode, PROBLEMS } from "../services/problem.ts";
import type { Env } from "./env.ts";
import { invalidRequest } from "./invalid_request.ts";

/** An app for described routes, whose failed validations are the refusal `invalid-request`. */
export function apiApp(options: { getPath?: (request: Request) => string } = {}): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>({
    ...options,
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.target, result.error.issues);
    },
  });
}

/** The `security` of routes that anybody may read when the file is public. */
export const READERS: Record<string, string[]>[] = [{ bearer: [] }, { cookie: [] }, {}];

/** RFC 9457. */
export const ProblemSchema = z.looseObject({
  type: z.string().openapi({
    format: "uri-reference",
    description: "Where the code is explained.",
    example: "/docs/problems#not-found",
  }),
  title: z.string().openapi({ example: "Not found" }),
  status: z.int().openapi({ example: 404 }),
  detail: z.string().openapi({ description: "What to do, in a sentence." }),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]).openapi({ example: "not-found" }),
  instance: z.string().openapi({ description: "The request id, as in X-Request-Id and in the logs." }),
}).openapi("Problem");

/** What every route with a JSON body may refuse before it looks at the body's fields. */
export const BAD_JSON = [
  "malformed-body",
  "body-incomplete",
  "body-stalled",
  "body-too-large",
  "unsupported-media-type",
] as const;

/** What limits refuse to whoever uploads. */
export const LIMITED = [
  "uploads-at-once",
  "uploads-per-minute",
  "bytes-per-day",
  "over-daily-limit",
] as const;

type StatusOf<Code extends ProblemCode> = (typeof PROBLEMS)[Code][0];

interface ProblemResponse {
  description: string;
  content: { "application/problem+json": { schema: typeof ProblemSchema } };
}

/** The `responses` of a route for the refusals it may answer with, one per status, each naming its codes. */
export function problems<Code extends ProblemCode>(
  ...codes: Code[]
): { [Status in StatusOf<Code>]: ProblemResponse } {
  const responses: Record<number, ProblemResponse> = {};
  for (const code of codes) {
    const [status, title] = PROBLEMS[code];
    const response = responses[status] ??= {
      description: "",
      content: { "application/problem+json": { schema: ProblemSchema } },
    };
    response.description += `${response.description && "; "}${title} (\`${code}\`)`;
  }
  return responses as { [Status in StatusOf<Code>]: ProblemResponse };
}

export interface DescriptionOptions {
  version: string;
  /** Address people use from outside; null: wherever the description was fetched from. */
  publicUrl: URL | null;
}

/**
 * Serves `/openapi.json`: OpenAPI 3.1 of all described routes in `app`, made at the first request, so that all may
 * be registered before or after.
 */
export function serveDescription(app: OpenAPIHono<Env>, options: DescriptionOptions): void {
  let document: string | null = null;
  app.get("/openapi.json", (c) => {
    document ??= JSON.stringify(describe(app, options));
    return c.body(document, 200, { "Content-Type": "application/json", "Cache-Control": "no-cache" });
  });
}

/** The OpenAPI document of what is registered now. */
export function describe(app: OpenAPIHono<Env>, { version, publicUrl }: DescriptionOptions) {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Pawl",
      version,
      description: "Uploads that never lose ground, attachments, and downloads that resume. " +
        "Every refusal is a problem document (RFC 9457) with a stable `code`; see `/docs/problems`.",
      license: { name: "MIT" },
    },
    servers: [{ url: publicUrl === null ? "/" : publicUrl.href.replace(/\/$/, "") }],
    security: [{ bearer: [] }, { cookie: [] }],
  });
  return { ...document, components: { ...document.components, securitySchemes: SECURITY_SCHEMES } };
}

const SECURITY_SCHEMES = {
  bearer: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A token of `deno task token` or of the configured issuer.",
  },
  cookie: {
    type: "apiKey",
    in: "cookie",
    name: "pawl_session",
    description: "What `POST /api/v1/session` gives a browser.",
  },
};
