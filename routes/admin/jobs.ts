/** `/api/v1/admin/jobs`: what runs by the clock, what became of it, and doing it now. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { actorOf } from "../../services/audit/entry.ts";
import type { Core } from "../../services/core.ts";
import { dryRun, findJob, type JobState, listJobs } from "../../services/jobs/overview.ts";
import { startRun } from "../../services/jobs/runner.ts";
import { listRuns, type RunRecord } from "../../services/jobs/runs.ts";
import { requireAdmin } from "../../services/policy.ts";
import { Problem } from "../../services/problem.ts";
import { boundedBody } from "../bounded_body.ts";
import type { Env } from "../env.ts";
import { apiApp, BAD_JSON, problems } from "../openapi.ts";
import { json } from "../schemas.ts";

const tags = ["Administration"];
const instant = () => z.string().openapi({ format: "date-time" });
const params = z.object({ name: z.string().max(64).openapi({ example: "recycleBin" }) });

const Run = z.object({
  job: z.string(),
  startedAt: instant(),
  endedAt: instant().openapi({ description: "While it runs: when it was last seen." }),
  durationMs: z.int(),
  state: z.enum(["running", "done", "partial", "failed", "interrupted"]).openapi({
    description: "`partial`: the next run goes on; `interrupted`: its process ended first.",
  }),
  lookedAt: z.int(),
  removed: z.int(),
  bytesFreed: z.int(),
  bytesRead: z.int(),
  damaged: z.int().openapi({ description: "Blobs whose bytes are missing or other ones." }),
  errors: z.int(),
  messages: z.array(z.string()),
  by: z.string().nullable().openapi({ description: "Who asked for it; null: the schedule." }),
}).openapi("JobRun");

const JobSchema = z.object({
  name: z.string(),
  description: z.string(),
  enabled: z.boolean().openapi({ description: "Whether its schedule runs it." }),
  schedule: z.string().openapi({ description: "Five cron fields, UTC.", example: "0 3 * * *" }),
  next: instant().nullable(),
  canDryRun: z.boolean(),
  running: Run.nullable(),
  last: Run.nullable(),
}).openapi("Job");

const Preview = z.object({
  dryRun: z.literal(true),
  items: z.array(z.object({
    kind: z.string(),
    id: z.string(),
    name: z.string().nullable(),
    reason: z.string(),
    since: instant(),
    ageSeconds: z.int(),
    bytes: z.int().nullable().openapi({ description: "That nothing would need any more." }),
  })),
  more: z.boolean().openapi({ description: "Whether there is more than these." }),
}).openapi("JobDryRun");

const listRoute = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "All jobs with their schedules and last runs",
  responses: {
    200: json(z.object({ items: z.array(JobSchema) }), "In the order of the day."),
    ...problems("unauthenticated", "forbidden"),
  },
});

const runsRoute = createRoute({
  method: "get",
  path: "/{name}/runs",
  tags,
  summary: "The last hundred runs, the latest first",
  request: { params },
  responses: {
    200: json(z.object({ items: z.array(Run) }), "What they did."),
    ...problems("invalid-request", "unauthenticated", "forbidden", "not-found"),
  },
});

const runRoute = createRoute({
  method: "post",
  path: "/{name}/run",
  tags,
  summary: "Run a job now, or see what it would remove",
  description: "Runs also what its schedule does not, because it is switched off.",
  request: {
    params,
    body: {
      required: false,
      content: { "application/json": { schema: z.strictObject({ dryRun: z.boolean().optional() }) } },
    },
  },
  responses: {
    200: json(Preview, "With dryRun: what would be removed now, at most 100. Nothing was changed."),
    202: json(Run, "It has started, and goes on by itself; its runs tell what becomes of it."),
    ...problems(
      "invalid-request",
      ...BAD_JSON,
      "unauthenticated",
      "forbidden",
      "not-found",
      "job-running",
    ),
  },
});

/** Routes relative to `/api/v1/admin/jobs`. */
export function jobRoutes(core: Core): OpenAPIHono<Env> {
  const app = apiApp();

  app.openapi(listRoute, async (c) => {
    requireAdmin(c.var.caller);
    return c.json({ items: (await listJobs(core)).map(jobJson) }, 200);
  });

  app.openapi(runsRoute, async (c) => {
    requireAdmin(c.var.caller);
    const job = findJob(c.req.valid("param").name);
    return c.json({ items: (await listRuns(core, job.name)).map(runJson) }, 200);
  });

  app.openapi({ ...runRoute, middleware: boundedBody() }, async (c) => {
    const caller = requireAdmin(c.var.caller);
    const job = findJob(c.req.valid("param").name);
    if (c.req.valid("json")?.dryRun) {
      const now = core.now();
      const { candidates, more } = await dryRun(core, job);
      const items = candidates.map(({ since, ...candidate }) => ({
        ...candidate,
        since: new Date(since).toISOString(),
        ageSeconds: Math.floor((now - since) / 1000),
      }));
      return c.json({ dryRun: true as const, items, more }, 200);
    }
    const started = await startRun(core, job, { actor: actorOf(caller) });
    if (started) return c.json(runJson(started.run), 202);
    throw new Problem("job-running", `The job ${job.name} runs already. Wait until it has ended.`, {
      retryAfter: 5,
    });
  });

  return app;
}

function jobJson({ job, next, running, last, ...state }: JobState): z.infer<typeof JobSchema> {
  return {
    name: job.name,
    description: job.description,
    ...state,
    next: next === null ? null : new Date(next).toISOString(),
    canDryRun: job.candidates !== undefined,
    running: running && runJson(running),
    last: last && runJson(last),
  };
}

function runJson({ startedAt, endedAt, ...run }: RunRecord): z.infer<typeof Run> {
  return {
    ...run,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    durationMs: endedAt - startedAt,
  };
}
