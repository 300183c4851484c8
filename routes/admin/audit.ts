/** `/api/v1/admin/audit`: who did what, and whether the record of it is whole. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { actorOf, AUDIT_ACTIONS, type AuditRecord, TARGET_KINDS } from "../../services/audit/entry.ts";
import { listAudit } from "../../services/audit/list.ts";
import { noteAlone } from "../../services/audit/note.ts";
import { verifyAudit } from "../../services/audit/verify.ts";
import type { Core } from "../../services/core.ts";
import { requireAdmin } from "../../services/policy.ts";
import { Problem } from "../../services/problem.ts";
import { boundedBody } from "../bounded_body.ts";
import type { Env } from "../env.ts";
import { apiApp, BAD_JSON, problems } from "../openapi.ts";
import { json, listQuery, Sha256 } from "../schemas.ts";

const tags = ["Administration"];
const instant = (description: string) =>
  z.iso.datetime({ offset: true }).optional().openapi({ format: "date-time", description });

const Entry = z.object({
  id: z.string(),
  at: z.string().openapi({ format: "date-time" }),
  actor: z.object({
    id: z.string().nullable(),
    role: z.enum(["admin", "user", "anonymous", "system"]),
    address: z.string().nullable(),
    requestId: z.string().nullable(),
  }),
  action: z.enum(AUDIT_ACTIONS),
  target: z.object({ kind: z.enum(TARGET_KINDS), id: z.string() }),
  result: z.string().openapi({ description: "`done`, or the code of the problem that refused it." }),
  count: z.int().openapi({ description: "How many equal events it stands for." }),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
}).openapi("AuditEntry");

const listRoute = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "Who did what, newest first",
  request: {
    query: z.object({
      ...listQuery,
      actor: z.string().max(128).optional().openapi({ description: "Id of who acted." }),
      address: z.string().max(64).optional(),
      action: z.enum(AUDIT_ACTIONS).optional(),
      targetKind: z.enum(TARGET_KINDS).optional(),
      targetId: z.string().max(512).optional().openapi({
        description: "Together with targetKind: all that happened to it.",
      }),
      outcome: z.enum(["done", "refused"]).optional(),
      from: instant("Inclusive."),
      until: instant("Exclusive."),
    }),
  },
  responses: {
    200: json(
      z.object({ items: z.array(Entry), cursor: z.string().nullable() }),
      "A page; with a filter it may be short and still have a cursor.",
    ),
    ...problems("invalid-request", "invalid-cursor", "unauthenticated", "forbidden"),
  },
});

const verifyRoute = createRoute({
  method: "post",
  path: "/verify",
  tags,
  summary: "Check every entry against the chain of seals",
  request: {
    body: {
      required: false,
      content: {
        "application/json": {
          schema: z.strictObject({
            expectedHead: Sha256.optional().openapi({ description: "A head that was told before." }),
          }),
        },
      },
    },
  },
  responses: {
    200: json(
      z.object({
        intact: z.boolean(),
        seals: z.int(),
        sealed: z.int(),
        unsealed: z.int(),
        head: z.string().openapi({
          description: "Write it down elsewhere: it shows later that nothing was cut off.",
        }),
        findings: z.array(z.string()),
      }),
      "What was found.",
    ),
    ...problems("invalid-request", ...BAD_JSON, "unauthenticated", "forbidden"),
  },
});

/** Routes relative to `/api/v1/admin/audit`. */
export function auditRoutes(core: Core): OpenAPIHono<Env> {
  const app = apiApp();

  app.openapi(listRoute, async (c) => {
    requireAdmin(c.var.caller);
    const { targetKind, targetId, from, until, ...query } = c.req.valid("query");
    if ((targetKind === undefined) !== (targetId === undefined)) {
      throw new Problem("invalid-request", "targetKind and targetId belong together: send both, or none.");
    }
    const page = await listAudit(core, {
      ...query,
      target: targetKind && { kind: targetKind, id: targetId! },
      from: from === undefined ? undefined : Date.parse(from),
      until: until === undefined ? undefined : Date.parse(until),
    });
    return c.json({ items: page.items.map(entryJson), cursor: page.cursor }, 200);
  });

  app.openapi({ ...verifyRoute, middleware: boundedBody() }, async (c) => {
    const caller = requireAdmin(c.var.caller);
    const expected = c.req.valid("json")?.expectedHead;
    const verdict = await verifyAudit(core.records, { now: core.now(), expected });
    const { head, findings: { length: findings } } = verdict;
    await noteAlone(core, {
      actor: actorOf(caller),
      action: "audit.verify",
      target: { kind: "audit", id: "chain" },
      detail: { head, findings },
    });
    return c.json({ intact: verdict.findings.length === 0, ...verdict }, 200);
  });

  return app;
}

function entryJson({ at, ...entry }: AuditRecord): z.infer<typeof Entry> {
  return { ...entry, at: new Date(at).toISOString() };
}
