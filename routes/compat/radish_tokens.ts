/** Temporary access tokens of system C, below `/api/v1/Attachment/`. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Config } from "../../config/config.ts";
import type { DownloadCounts } from "../../services/attachments/download_counts.ts";
import type { Core } from "../../services/core.ts";
import { Problem } from "../../services/problem.ts";
import type { Leases } from "../../services/tokens/leases.ts";
import { createToken, listTokens, MAX_TOKENS, revokeToken, tokenIdOf } from "../../services/tokens/tokens.ts";
import { requireCaller } from "../authenticate.ts";
import { boundedBody } from "../bounded_body.ts";
import type { Env } from "../env.ts";
import { apiApp } from "../openapi.ts";
import { linkSender } from "../send_link.ts";
import { count, id, parseJson, readValues } from "./old_values.ts";
import { answer, BODY_REFUSALS, describeOld } from "./radish_routes.ts";
import { OldToken, oldToken } from "./radish_values.ts";

const CreateBody = z.object({
  attachmentId: id(),
  authorizedUserId: id().nullish(),
  authorizedIp: z.string().max(64).nullish(),
  maxAccessCount: count().nullish(),
  validHours: z.union([z.number().positive(), z.string().regex(/^\d{1,6}(\.\d{1,6})?$/).transform(Number)])
    .nullish().openapi({ type: "number" }),
});
const TokenQuery = z.object({ token: z.string().max(256) });
const ListQuery = z.object({ attachmentId: z.string().max(32) });

export interface RadishTokensOptions {
  config: Pick<Config, "publicUrl">;
  downloads: DownloadCounts;
  leases: Leases;
}

export function radishTokens(
  core: Core,
  { config, downloads, leases }: RadishTokensOptions,
): OpenAPIHono<Env> {
  const app = apiApp();
  const links = linkSender(core, { downloads, leases });

  describeOld(app, {
    method: "post",
    path: "/api/v1/Attachment/CreateAccessToken",
    summary: "A link by which whoever has it can download",
    body: { type: "application/json", schema: CreateBody },
    data: OldToken,
    refusals: [...BODY_REFUSALS, "unauthenticated", "not-found", "attachment-state", "too-many-tokens"],
  });
  app.post("/api/v1/Attachment/CreateAccessToken", boundedBody(), async (c) => {
    const caller = requireCaller(c);
    const given = readValues(CreateBody, { part: "json", values: parseJson(await c.req.text()) });
    const { record, token } = await createToken(core, caller, {
      attachmentId: given.attachmentId,
      request: {
        validHours: given.validHours ?? 1,
        maxUses: given.maxAccessCount ?? 1,
        authorizedUserId: given.authorizedUserId || undefined,
        authorizedIp: given.authorizedIp || undefined,
      },
    });
    // The host of the request was checked, so that it is one of ours.
    const url = new URL("/api/v1/Attachment/DownloadByToken", config.publicUrl ?? c.req.url);
    url.search = `?token=${token}`;
    return answer(c, "Created.", oldToken(record, { now: core.now(), token, accessUrl: url.href }));
  });

  describeOld(app, {
    method: "get",
    path: "/api/v1/Attachment/DownloadByToken",
    summary: "The bytes, whole or in ranges, for whoever has the token; HEAD too",
    open: true,
    query: TokenQuery,
    refusals: [
      "invalid-request",
      "forbidden",
      "link-revoked",
      "link-expired",
      "link-used-up",
      "link-wrong-user",
      "link-wrong-address",
      "link-file-deleted",
      "precondition-failed",
      "range-not-satisfiable",
      "blob-missing",
    ],
  });
  app.get("/api/v1/Attachment/DownloadByToken", async (c) => {
    const { token } = readValues(TokenQuery, { part: "query", values: c.req.query() });
    const link = await links.find(c, token).catch((error) => {
      if (!(error instanceof Problem) || error.code !== "not-found") throw error;
      // There every refusal of a token has this status.
      throw new Problem("forbidden", error.message);
    });
    return await links.send(c, link, { download: true });
  });

  describeOld(app, {
    method: "post",
    path: "/api/v1/Attachment/RevokeAccessToken",
    summary: "Take a token back; the body is the token, or its id, as a JSON string",
    body: { type: "application/json", schema: z.string() },
    data: z.null(),
    refusals: [...BODY_REFUSALS, "unauthenticated", "not-found"],
  });
  app.post("/api/v1/Attachment/RevokeAccessToken", boundedBody(), async (c) => {
    const caller = requireCaller(c);
    const values = { token: parseJson(await c.req.text()) };
    const { token } = readValues(TokenQuery, { part: "json", values });
    await revokeToken(core, caller, { id: await tokenIdOf(core, token), leases });
    return answer(c, "Revoked.");
  });

  describeOld(app, {
    method: "get",
    path: "/api/v1/Attachment/GetAttachmentTokens",
    summary: "The tokens of an attachment, newest first",
    query: ListQuery,
    data: z.array(OldToken),
    refusals: ["invalid-request", "unauthenticated", "not-found"],
  });
  app.get("/api/v1/Attachment/GetAttachmentTokens", async (c) => {
    const caller = requireCaller(c);
    const { attachmentId } = readValues(ListQuery, { part: "query", values: c.req.query() });
    const { items } = await listTokens(core, caller, { attachmentId, limit: MAX_TOKENS });
    return answer(c, "", items.map((record) => oldToken(record, { now: core.now() })));
  });

  return app;
}
