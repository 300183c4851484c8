/** `/api/v1/admin/maintenance`: checks of records against bytes. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { actorOf } from "../../services/audit/entry.ts";
import type { Core } from "../../services/core.ts";
import { type CheckOptions, checkStore } from "../../services/maintenance/check.ts";
import { requireAdmin } from "../../services/policy.ts";
import { Problem } from "../../services/problem.ts";
import { boundedBody } from "../bounded_body.ts";
import type { Env } from "../env.ts";
import { ndjson } from "../http/ndjson.ts";
import { apiApp, BAD_JSON, problems } from "../openapi.ts";
import { toProblem } from "../problem_response.ts";

const tags = ["Administration"];

const Event = z.union([
  z.object({ type: z.literal("progress"), stage: z.string(), lookedAt: z.int(), bytesRead: z.int() }),
  z.object({
    type: z.literal("finding"),
    kind: z.string(),
    subject: z.string(),
    text: z.string(),
    state: z.enum(["left", "mended", "marked", "failed"]),
    why: z.string().optional(),
  }),
  z.object({
    type: z.literal("report"),
    lookedAt: z.record(z.string(), z.int()),
    bytesRead: z.int(),
    found: z.record(z.string(), z.int()),
    mended: z.int(),
    left: z.int(),
    undecided: z.int().openapi({ description: "Records that changed all the time." }),
  }),
  z.object({ type: z.literal("error"), code: z.string(), detail: z.string() }),
]).openapi("CheckEvent");

const checkRoute = createRoute({
  method: "post",
  path: "/check",
  tags,
  summary: "Check records against bytes, and mend what can be mended",
  description: "Answers with a line of JSON for each finding and each bit of progress; the last one is the " +
    "report, or an error. Ends when nobody reads any more. See docs/fsck.md.",
  request: {
    body: {
      required: false,
      content: {
        "application/json": {
          schema: z.strictObject({
            mend: z.boolean().optional(),
            bytes: z.boolean().optional().openapi({ description: "Read all bytes and compare digests." }),
          }),
        },
      },
    },
  },
  responses: {
    200: { description: "A line for each.", content: { "application/x-ndjson": { schema: Event } } },
    ...problems("invalid-request", ...BAD_JSON, "unauthenticated", "forbidden", "job-running", "stopping"),
  },
});

/** Routes relative to `/api/v1/admin/maintenance`. */
export function maintenanceRoutes(core: Core): OpenAPIHono<Env> {
  const app = apiApp();
  let checking = false;

  app.openapi({ ...checkRoute, middleware: boundedBody() }, (c) => {
    const caller = requireAdmin(c.var.caller);
    const { mend = false, bytes = false } = c.req.valid("json") ?? {};
    if (core.gate.stopping) throw new Problem("stopping", "The server is stopping.", { retryAfter: 5 });
    if (checking) {
      throw new Problem("job-running", "Another check is under way. Wait until it has ended.", {
        retryAfter: 30,
      });
    }
    checking = true;
    const options = { actor: actorOf(caller), mend, bytes };
    return ndjson(check(core, options), () => checking = false) as never;
  });

  return app;
}

/** With what it failed of as its last event. */
async function* check(core: Core, options: CheckOptions): AsyncGenerator<z.infer<typeof Event>> {
  try {
    for await (const event of checkStore(core, options)) yield event as z.infer<typeof Event>;
  } catch (error) {
    const { code, message } = toProblem(error);
    yield { type: "error", code, detail: message };
  }
}
