/** `/api/v1/uploads`: sessions and their chunks. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Core } from "../services/core.ts";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import { variantsOf } from "../services/images/variants.ts";
import { Problem } from "../services/problem.ts";
import { complete } from "../services/uploads/complete.ts";
import { cancelUpload } from "../services/uploads/end.ts";
import { openUpload } from "../services/uploads/open_upload.ts";
import { describeUpload, listChunks, listUploads, showUpload } from "../services/uploads/sessions.ts";
import { writeChunk } from "../services/uploads/write_chunk.ts";
import { requireCaller } from "./authenticate.ts";
import { boundedBody } from "./bounded_body.ts";
import type { Env } from "./env.ts";
import { contentDigests } from "./http/digests.ts";
import { contentLength, parseInteger } from "./http/header_values.ts";
import { ImageOptions } from "./image_fields.ts";
import { apiApp, BAD_JSON, LIMITED, problems } from "./openapi.ts";
import {
  Attachment,
  attachmentJson,
  json,
  listQuery,
  OpenBody,
  progressOf,
  Session,
  sessionJson,
  Sha256,
  Span,
} from "./schemas.ts";

const tags = ["Uploads"];
const params = z.object({ id: z.string() });
const ENDED = ["upload-expired", "upload-cancelled", "upload-failed"] as const;

const openRoute = createRoute({
  method: "post",
  path: "/",
  tags,
  summary: "Open a session, or find the open one of the same file",
  request: { body: { required: true, content: { "application/json": { schema: OpenBody } } } },
  responses: {
    201: json(Session, "A new session."),
    200: json(
      z.union([Session, z.object({ attachment: Attachment })]),
      "Your open session of the same content, or the attachment: you have this content already.",
    ),
    ...problems(
      "invalid-request",
      ...BAD_JSON,
      "invalid-file-name",
      "unknown-business-type",
      "unauthenticated",
      "sessions-disabled",
      "file-too-large",
      ...LIMITED,
      "type-not-allowed",
      "content-mismatch",
      "stopping",
    ),
  },
});

const listRoute = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "Your open sessions, newest first",
  request: { query: z.object(listQuery) },
  responses: {
    200: json(
      z.object({ items: z.array(Session), cursor: z.string().nullable() }),
      "A page; it may be short and still have a cursor.",
    ),
    ...problems("invalid-request", "invalid-cursor", "unauthenticated"),
  },
});

const showRoute = createRoute({
  method: "get",
  path: "/{id}",
  tags,
  summary: "A session: what has come, what is missing",
  request: { params },
  responses: { 200: json(Session, "The session."), ...problems("unauthenticated", "not-found", ...ENDED) },
});

const chunksRoute = createRoute({
  method: "get",
  path: "/{id}/chunks",
  tags,
  summary: "The recorded chunks with their digests, by offset",
  request: {
    params,
    query: z.object({ ...listQuery, limit: z.coerce.number().int().min(1).max(1000).default(500) }),
  },
  responses: {
    200: json(
      z.object({ items: z.array(Span.extend({ sha256: z.string() })), cursor: z.string().nullable() }),
      "A page of them.",
    ),
    ...problems(
      "invalid-request",
      "invalid-cursor",
      "unauthenticated",
      "not-found",
      "upload-ended",
      ...ENDED,
    ),
  },
});

const Receipt = z.object({ receivedBytes: z.int(), progress: z.number().nullable(), expiresAt: z.string() })
  .openapi(
    "Receipt",
  );

const chunkRoute = createRoute({
  method: "put",
  path: "/{id}/chunks/{offset}",
  tags,
  summary: "Bytes at an offset, in any order, in parallel",
  description:
    "With `Content-Digest` (sha-256, sha-512, md5) or `Content-MD5` all of the body counts or nothing; " +
    "without one, what safely arrived counts even when the connection breaks. A file whose first bytes are not " +
    "what its name says is refused by them (`content-mismatch`), and the session has failed.",
  request: {
    params: params.extend({ offset: z.string() }),
    body: {
      required: true,
      content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
    },
  },
  responses: {
    200: json(Receipt, "The bytes are on stable storage and recorded."),
    ...problems(
      "chunk-out-of-range",
      "chunk-too-small",
      "invalid-digest",
      "body-incomplete",
      "unauthenticated",
      "not-found",
      "body-stalled",
      "chunk-conflict",
      "chunk-busy",
      "superseded",
      "upload-ended",
      "chunk-too-large",
      "content-mismatch",
      "digest-mismatch",
      ...LIMITED,
      "disk-full",
      "stopping",
      ...ENDED,
    ),
  },
});

const completeRoute = createRoute({
  method: "post",
  path: "/{id}/complete",
  tags,
  summary: "Finish: all bytes have come",
  request: {
    params,
    body: {
      required: false,
      content: {
        "application/json": {
          schema: z.strictObject({ sha256: Sha256.optional(), image: ImageOptions.optional() }),
        },
      },
    },
  },
  responses: {
    201: json(Attachment, "The attachment."),
    200: json(Attachment, "The attachment; it was finished before."),
    202: json(z.object({ status: z.literal("completing") }), "Takes longer; ask again after `Retry-After`."),
    ...problems(
      "invalid-request",
      ...BAD_JSON,
      "unauthenticated",
      "not-found",
      "upload-incomplete",
      "content-mismatch",
      "digest-mismatch",
      "image-too-large",
      "image-unreadable",
      "image-unsupported",
      "stopping",
      ...ENDED,
    ),
  },
});

const cancelRoute = createRoute({
  method: "delete",
  path: "/{id}",
  tags,
  summary: "Cancel; the bytes are freed",
  request: { params },
  responses: {
    204: { description: "Cancelled, now or before." },
    ...problems("unauthenticated", "not-found", "upload-ended"),
  },
});

/** Routes relative to `/api/v1/uploads`. */
export function uploads(core: Core, downloads: DownloadCounts): OpenAPIHono<Env> {
  const app = apiApp();
  const jsonBody = boundedBody();

  app.openapi({ ...openRoute, middleware: jsonBody }, async (c) => {
    const opened = await openUpload(core, requireCaller(c), c.req.valid("json"));
    if (opened.kind === "instant") {
      const [count] = await downloads.of([opened.attachment.id]);
      return c.json({
        attachment: attachmentJson(opened.attachment, {
          downloadCount: count!,
          variants: variantsOf(core, opened.attachment),
        }),
      }, 200);
    }
    const session = sessionJson(await describeUpload(core, opened.upload), core.config);
    if (opened.kind === "found") return c.json(session, 200);
    c.header("Location", `/api/v1/uploads/${session.id}`);
    return c.json(session, 201);
  });

  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const page = await listUploads(core, requireCaller(c), { limit, cursor });
    return c.json(
      { items: page.items.map((view) => sessionJson(view, core.config)), cursor: page.cursor },
      200,
    );
  });

  app.openapi(showRoute, async (c) => {
    const view = await showUpload(core, requireCaller(c), c.req.valid("param").id);
    return c.json(sessionJson(view, core.config), 200);
  });

  app.openapi(chunksRoute, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(await listChunks(core, requireCaller(c), { id, ...c.req.valid("query") }), 200);
  });

  app.openapi(chunkRoute, async (c) => {
    const { id, offset: text } = c.req.valid("param");
    const caller = requireCaller(c);
    const offset = parseInteger(text);
    if (offset === null) {
      throw new Problem(
        "chunk-out-of-range",
        `The offset is ${JSON.stringify(text)}; it must be a whole number of bytes from 0.`,
      );
    }
    const { headers, body } = c.req.raw;
    if (!body) throw new Problem("chunk-too-small", "The body is empty. Send at least one byte.");
    const chunk = { offset, length: contentLength(headers), digests: contentDigests(headers) ?? {}, body };
    const receipt = await writeChunk(core, caller, { id, chunk });
    return c.json({
      receivedBytes: receipt.receivedBytes,
      progress: progressOf(receipt.receivedBytes, receipt.size),
      expiresAt: new Date(receipt.expiresAt).toISOString(),
    }, 200);
  });

  app.openapi({ ...completeRoute, middleware: jsonBody }, async (c) => {
    const { id } = c.req.valid("param");
    const { sha256 = null, image } = c.req.valid("json") ?? {};
    const done = await complete(core, requireCaller(c), { id, sha256, image });
    if (done.state === "completing") {
      c.header("Retry-After", "2");
      return c.json({ status: "completing" as const }, 202);
    }
    const [count] = await downloads.of([done.attachment.id]);
    const attachment = attachmentJson(done.attachment, {
      downloadCount: count!,
      variants: variantsOf(core, done.attachment),
    });
    if (!done.created) return c.json(attachment, 200);
    c.header("Location", `/api/v1/attachments/${attachment.id}`);
    return c.json(attachment, 201);
  });

  app.openapi(cancelRoute, async (c) => {
    await cancelUpload(core, requireCaller(c), c.req.valid("param").id);
    return c.body(null, 204);
  });

  return app;
}
