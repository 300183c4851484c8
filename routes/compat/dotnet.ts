/** The routes of system A: a .NET client that sends chunks under an id of its own and never signs in. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Config } from "../../config/config.ts";
import { unauthenticated } from "../../services/access/refusals.ts";
import type { DownloadCounts } from "../../services/attachments/download_counts.ts";
import { findContent } from "../../services/attachments/content.ts";
import { newestOfName } from "../../services/attachments/find_many.ts";
import type { WaitingChunks } from "../../services/uploads/waiting_chunks.ts";
import type { Core } from "../../services/core.ts";
import type { Caller } from "../../services/model.ts";
import { Problem } from "../../services/problem.ts";
import { crossSite } from "../authenticate.ts";
import { boundedBody } from "../bounded_body.ts";
import type { Env } from "../env.ts";
import { isCrossSite, ownOrigins } from "../http/request_site.ts";
import { apiApp } from "../openapi.ts";
import { json } from "../schemas.ts";
import { contentSender } from "../send_content.ts";
import { readChunkForm } from "./chunk_form.ts";
import { mergeChunks, uploadStatus, writeNumbered, writeOffset } from "./dotnet_uploads.ts";
import { count, foldName, parseJson, readValues } from "./old_values.ts";
import { oldProblems } from "./refusals.ts";

const tags = ["Old clients: .NET"];
const OPEN: Record<string, string[]>[] = [{ bearer: [] }, { cookie: [] }, {}];
const fileId = () => z.string().min(1).max(512);
const fileName = () => z.string().min(1).max(1024);

/** Of the second version; the chunk is checked by `chunkHash` when it is there. */
const OffsetChunk = z.object({
  fileId: fileId(),
  chunkOffset: count(),
  chunkSize: count(),
  fileSize: count(),
  fileName: fileName(),
  chunkHash: z.union([z.literal(""), z.string().regex(/^[0-9a-f]{32}$/i, "must be an MD5 in hexadecimal")])
    .optional(),
});

/** Of the first version. */
const NumberedChunk = z.object({
  fileId: fileId(),
  chunkNumber: count(),
  totalChunks: count(),
  fileName: fileName(),
});

const StatusQuery = z.object({ fileId: fileId() });
const MergeBody = z.object({ fileId: fileId(), fileName: fileName() });
const Ranges = z.object({ uploadedChunks: z.array(z.object({ offset: z.int(), size: z.int() })) });

const form = {
  schema: z.looseObject({ fileId: z.string(), chunk: z.string().openapi({ format: "binary" }) }),
};
const CHUNK_REFUSALS = [
  "invalid-request",
  "malformed-body",
  "body-incomplete",
  "chunk-out-of-range",
  "chunk-too-small",
  "inconsistent-length",
  "digest-mismatch",
  "invalid-file-name",
  "unauthenticated",
  "cross-site",
  "sessions-disabled",
  "body-stalled",
  "chunk-conflict",
  "chunk-busy",
  "superseded",
  "upload-ended",
  "too-many-chunks",
  "file-too-large",
  "over-daily-limit",
  "chunk-too-large",
  "body-too-large",
  "unsupported-media-type",
  "uploads-at-once",
  "uploads-per-minute",
  "bytes-per-day",
  "busy",
  "stopping",
  "disk-full",
] as const;

export interface DotnetOptions {
  config: Pick<Config, "compat" | "corsOrigins" | "publicUrl">;
  downloads: DownloadCounts;
  waiting: WaitingChunks;
}

export function dotnet(core: Core, { config, downloads, waiting }: DotnetOptions): OpenAPIHono<Env> {
  const app = apiApp();
  const send = contentSender(core, downloads);

  /** Who is signed in, or as whom the operator lets those work who say nothing. */
  function callerOf(c: Context<Env>): Caller {
    if (c.var.caller) return c.var.caller;
    const { actAs } = config.compat.dotnet;
    if (actAs === null) throw unauthenticated();
    const { method, headers } = c.req.raw;
    const site = { method, headers, ownOrigins: ownOrigins(c.req.url, config.publicUrl) };
    if (isCrossSite(site, config.corsOrigins)) throw crossSite();
    const from = { address: c.var.clientAddress, requestId: c.var.requestId };
    const caller: Caller = { id: actAs, role: "user", name: actAs, from };
    c.set("caller", caller);
    return caller;
  }

  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/api/Ping",
    tags,
    summary: "The time, to measure latency by",
    security: [],
    responses: { 200: json(z.string(), "The time, ISO 8601 in UTC.") },
  });
  app.get("/api/Ping", (c) => c.json(new Date(core.now()).toISOString()));

  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/api/Upload/GetUploadStatus",
    tags,
    summary: "What has come of a file, as its chunks were sent",
    security: OPEN,
    request: { query: StatusQuery },
    responses: {
      200: json(z.union([Ranges, z.array(z.int())]), "Ranges; the numbers of chunks for a first version."),
      ...oldProblems("dotnet", "invalid-request", "unauthenticated", "cross-site"),
    },
  });
  app.get("/api/Upload/GetUploadStatus", async (c) => {
    const caller = callerOf(c);
    const { fileId } = readValues(StatusQuery, { part: "query", values: c.req.query() });
    return c.json(await uploadStatus(core, caller, fileId));
  });

  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/Upload/UploadChunk",
    tags,
    summary: "A chunk, by its offset or, of a first version, by its number",
    security: OPEN,
    request: { body: { required: true, content: { "multipart/form-data": form } } },
    responses: {
      200: json(
        z.union([
          z.object({ completed: z.boolean() }),
          z.object({ message: z.string(), chunkNumber: z.int().optional(), fileName: z.string().optional() }),
        ]),
        "The chunk is on stable storage.",
      ),
      ...oldProblems("dotnet", ...CHUNK_REFUSALS),
    },
  });
  app.post("/api/Upload/UploadChunk", async (c) => {
    const caller = callerOf(c);
    let hashed = true;
    const answer = await readChunkForm<object>(core, c.req.raw, {
      waiting,
      fileField: "chunk",
      atOnce(fields) {
        if (isNumbered(fields) || !OFFSET_FIELDS.every((name) => has(fields, name))) return null;
        const chunk = readValues(OffsetChunk, { part: "form", values: fields });
        hashed = has(fields, "chunkHash");
        return (body) => writeOffset(core, caller, { ...chunk, body });
      },
      async afterwards(fields, spooled) {
        if (isNumbered(fields)) {
          const chunk = readValues(NumberedChunk, { part: "form", values: fields });
          return await writeNumbered(core, caller, { ...chunk, spooled });
        }
        const chunk = readValues(OffsetChunk, { part: "form", values: fields });
        return await writeOffset(core, caller, { ...chunk, body: spooled.stream() });
      },
      check(fields) {
        if (hashed || !has(fields, "chunkHash")) return;
        throw new Problem("malformed-body", "The chunk was kept unchecked. Send chunkHash before chunk.");
      },
    });
    return c.json(answer);
  });

  app.openAPIRegistry.registerPath({
    method: "post",
    path: "/api/Upload/MergeChunks",
    tags,
    summary: "Finish a file; its id, when that is a SHA-256, must be the one of its content",
    security: OPEN,
    request: { body: { required: true, content: { "application/json": { schema: MergeBody } } } },
    responses: {
      200: { description: "The file is at /uploads/completed/{fileName}." },
      ...oldProblems(
        "dotnet",
        "invalid-request",
        "invalid-file-name",
        "malformed-body",
        "body-incomplete",
        "digest-mismatch",
        "upload-failed",
        "unauthenticated",
        "cross-site",
        "not-found",
        "body-stalled",
        "upload-incomplete",
        "upload-expired",
        "upload-cancelled",
        "body-too-large",
        "unsupported-media-type",
        "busy",
        "stopping",
      ),
    },
  });
  app.post("/api/Upload/MergeChunks", boundedBody(), async (c) => {
    const caller = callerOf(c);
    const values = parseJson(await c.req.text());
    await mergeChunks(core, caller, readValues(MergeBody, { part: "json", values }));
    return c.body(null, 200);
  });

  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/uploads/completed/{fileName}",
    tags,
    summary: "Your newest file of that name, whole or in ranges (RFC 9110); HEAD too",
    security: OPEN,
    request: { params: z.object({ fileName: z.string() }) },
    responses: {
      200: { description: "All of it.", content: BINARY },
      206: { description: "The ranges asked for.", content: BINARY },
      304: { description: "What you have is current." },
      ...oldProblems(
        "dotnet",
        "unauthenticated",
        "cross-site",
        "not-found",
        "precondition-failed",
        "range-not-satisfiable",
        "blob-missing",
      ),
    },
  });
  app.get("/uploads/completed/:fileName", async (c) => {
    const caller = callerOf(c);
    const { id } = await newestOfName(core, caller, c.req.param("fileName"));
    return await send(c, await findContent(core, caller, id));
  });

  return app;
}

const BINARY = { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } };
const OFFSET_FIELDS = ["fileId", "chunkOffset", "chunkSize", "fileSize", "fileName"];

const has = (fields: Record<string, string>, name: string) => foldName(name) in fields;
const isNumbered = (fields: Record<string, string>) => has(fields, "chunkNumber");
