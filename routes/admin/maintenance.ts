/** `/api/v1/admin/maintenance`: checks of records against bytes; bytes held in their place for backups. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { actorOf } from "../../services/audit/entry.ts";
import type { Core } from "../../services/core.ts";
import { type CheckOptions, checkStore } from "../../services/maintenance/check.ts";
import { HOLD_LEASE_MS } from "../../services/maintenance/removal_hold.ts";
import { requireAdmin } from "../../services/policy.ts";
import { Problem } from "../../services/problem.ts";
import { boundedBody } from "../bounded_body.ts";
import type { Env } from "../env.ts";
import { ndjson } from "../http/ndjson.ts";
import { apiApp, BAD_JSON, problems } from "../openapi.ts";
import { toProblem } from "../problem_response.ts";
import { json } from "../schemas.ts";

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

const holdRoute = createRoute({
  method: "post",
  path: "/hold",
  tags,
  summary: "Hold stored bytes in their place, for a backup",
  description: "Nothing that is recorded is removed until the hold is released, or was not renewed in time.",
  responses: {
    201: json(z.object({ id: z.string(), leaseSeconds: z.int() }), "To be renewed several times in so long."),
    ...problems("unauthenticated", "forbidden", "job-running"),
  },
});

const params = z.object({ id: z.string().max(64) });

const renewRoute = createRoute({
  method: "put",
  path: "/hold/{id}",
  tags,
  summary: "Go on holding",
  request: { params },
  responses: {
    204: { description: "It was held all the time." },
    ...problems("invalid-request", "unauthenticated", "forbidden", "not-found"),
  },
});

const releaseRoute = createRoute({
  method: "delete",
  path: "/hold/{id}",
  tags,
  summary: "Hold no longer",
  request: { params },
  responses: {
    204: { description: "Released; again is no error." },
    ...problems("invalid-request", "unauthenticated", "forbidden"),
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

  app.openapi(holdRoute, async (c) => {
    const caller = requireAdmin(c.var.caller);
    const id = core.removals.take();
    if (id === null) {
      throw new Problem("job-running", "Another backup is under way. Wait until it has ended.", {
        retryAfter: 30,
      });
    }
    await core.records.transact((commit) => {
      const target = { kind: "store", id: "data" } as const;
      core.audit.add(commit, { actor: actorOf(caller), action: "store.backup", target });
      return Promise.resolve();
    }).catch((error) => {
      core.removals.release(id);
      throw error;
    });
    return c.json({ id, leaseSeconds: HOLD_LEASE_MS / 1000 }, 201);
  });

  app.openapi(renewRoute, (c) => {
    requireAdmin(c.var.caller);
    if (core.removals.renew(c.req.valid("param").id)) return c.body(null, 204);
    throw new Problem("not-found", "This hold is over: bytes may have been removed since.");
  });

  app.openapi(releaseRoute, (c) => {
    requireAdmin(c.var.caller);
    core.removals.release(c.req.valid("param").id);
    return c.body(null, 204);
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
