/** Temporary access tokens: links to one attachment that end by themselves. Their use is `token_download.ts`. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Config } from "../config/config.ts";
import type { Core } from "../services/core.ts";
import type { TokenRecord } from "../services/model.ts";
import type { Leases } from "../services/tokens/leases.ts";
import { createToken, listTokens, revokeToken, tokenStatus } from "../services/tokens/tokens.ts";
import { requireCaller } from "./authenticate.ts";
import { boundedBody } from "./bounded_body.ts";
import type { Env } from "./env.ts";
import { apiApp, BAD_JSON, problems } from "./openapi.ts";
import { qrCodeSvg } from "./qr_code.ts";
import { json, listQuery } from "./schemas.ts";

const tags = ["Links"];
const params = z.object({ id: z.string() });
const time = () => z.string().openapi({ format: "date-time", description: "ISO 8601, UTC." });

export const Token = z.object({
  id: z.string(),
  attachmentId: z.string(),
  preview: z.string().openapi({ description: "The first characters, to tell one from another." }),
  maxUses: z.int().openapi({ description: "Downloads; 0 for any number." }),
  uses: z.int().openapi({
    description: "Downloads so far: a client's requests until 15 minutes after their last byte.",
  }),
  remainingUses: z.int().nullable().openapi({ description: "null for any number." }),
  authorizedUserId: z.string().nullable(),
  authorizedIp: z.string().nullable(),
  expiresAt: time(),
  revokedAt: time().nullable(),
  lastUsedAt: time().nullable().openapi({ description: "When the last download began." }),
  createdBy: z.string(),
  createdAt: time(),
  status: z.enum(["active", "exhausted", "expired", "revoked"]),
}).openapi("Token");

const NewToken = Token.extend({
  token: z.string().openapi({ description: "Told this once: only its hash is stored." }),
  url: z.string().openapi({ format: "uri", description: "Where whoever has it can download, `/d/{token}`." }),
  qrCode: z.string().openapi({ description: "The address as a QR code: an SVG document." }),
}).openapi("NewToken");

const CreateBody = z.strictObject({
  validHours: z.number().positive().optional().openapi({ description: "Default 1; fractions are allowed." }),
  maxUses: z.int().min(0).max(1_000_000_000).optional().openapi({
    description: "Downloads, not requests. Default 1; 0 for any number.",
  }),
  authorizedUserId: z.string().max(128).optional().openapi({
    description: "Only this user, who must be signed in.",
  }),
  authorizedIp: z.string().max(64).optional().openapi({
    description: "Only from this address or CIDR block.",
    example: "192.0.2.0/24",
  }),
}).openapi("CreateToken");

const createTokenRoute = createRoute({
  method: "post",
  path: "/attachments/{id}/tokens",
  tags,
  summary: "Make a link that anybody who has it can download by",
  request: { params, body: { required: false, content: { "application/json": { schema: CreateBody } } } },
  responses: {
    201: json(NewToken, "The link."),
    ...problems(
      "invalid-request",
      ...BAD_JSON,
      "unauthenticated",
      "not-found",
      "attachment-state",
      "too-many-tokens",
    ),
  },
});

const listRoute = createRoute({
  method: "get",
  path: "/attachments/{id}/tokens",
  tags,
  summary: "The links of an attachment, newest first; ended ones until they are forgotten",
  request: { params, query: z.object(listQuery) },
  responses: {
    200: json(z.object({ items: z.array(Token), cursor: z.string().nullable() }), "A page of them."),
    ...problems("invalid-request", "invalid-cursor", "unauthenticated", "not-found"),
  },
});

const revokeRoute = createRoute({
  method: "delete",
  path: "/tokens/{id}",
  tags,
  summary: "Take a link back; running downloads break off",
  request: { params },
  responses: { 204: { description: "Done." }, ...problems("unauthenticated", "not-found") },
});

export interface TokensOptions {
  config: Pick<Config, "publicUrl">;
  leases: Leases;
}

/** Routes relative to `/api/v1`. */
export function tokens(core: Core, { config, leases }: TokensOptions): OpenAPIHono<Env> {
  const app = apiApp();

  app.openapi({ ...createTokenRoute, middleware: boundedBody() }, async (c) => {
    const caller = requireCaller(c);
    const { id: attachmentId } = c.req.valid("param");
    const { record, token } = await createToken(core, caller, { attachmentId, request: c.req.valid("json") });
    // The host of the request was checked, so that it is one of ours.
    const url = new URL(`/d/${token}`, config.publicUrl ?? c.req.url).href;
    return c.json({ ...tokenJson(record, core.now()), token, url, qrCode: qrCodeSvg(url) }, 201);
  });

  app.openapi(listRoute, async (c) => {
    const { id: attachmentId } = c.req.valid("param");
    const page = await listTokens(core, requireCaller(c), { attachmentId, ...c.req.valid("query") });
    return c.json(
      { items: page.items.map((record) => tokenJson(record, core.now())), cursor: page.cursor },
      200,
    );
  });

  app.openapi(revokeRoute, async (c) => {
    await revokeToken(core, requireCaller(c), { id: c.req.valid("param").id, leases });
    return c.body(null, 204);
  });

  return app;
}

const iso = (ms: number) => new Date(ms).toISOString();

export function tokenJson(record: TokenRecord, now: number): z.infer<typeof Token> {
  const { maxUses, uses, revokedAt, lastUsedAt } = record;
  return {
    id: record.id,
    attachmentId: record.attachmentId,
    preview: record.preview,
    maxUses,
    uses,
    remainingUses: maxUses === 0 ? null : Math.max(0, maxUses - uses),
    authorizedUserId: record.authorizedUserId,
    authorizedIp: record.authorizedIp,
    expiresAt: iso(record.expiresAt),
    revokedAt: revokedAt === null ? null : iso(revokedAt),
    lastUsedAt: lastUsedAt === null ? null : iso(lastUsedAt),
    createdBy: record.createdBy,
    createdAt: iso(record.createdAt),
    status: tokenStatus(record, now),
  };
}
