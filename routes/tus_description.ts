/** The description of tus at `/files`; what else these addresses take is described by its own protocol. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Env } from "./env.ts";
import { LIMITED, problems, READERS } from "./openapi.ts";

const tags = ["tus"];
const params = z.object({ id: z.string() });
const binary = { schema: z.string().openapi({ format: "binary" }) };
const text = () => z.string();
const version = { "Tus-Resumable": z.literal("1.0.0") };
const ENDED = ["upload-expired", "upload-cancelled", "upload-failed"] as const;
const COMMON = ["invalid-header", "unauthenticated", "not-found", "tus-version"] as const;
const BODY = [
  ...LIMITED,
  "invalid-digest",
  "inconsistent-length",
  "body-incomplete",
  "body-stalled",
  "file-too-large",
  "body-too-large",
  "unsupported-media-type",
  "checksum-mismatch",
  "disk-full",
  "stopping",
] as const;
const FOUND =
  "`Content-Location` and `Pawl-Attachment-Id` name the attachment when these were the last bytes.";

const optionsRoute = createRoute({
  method: "options",
  path: "/",
  tags,
  summary: "What tus can do here: version, extensions, largest size",
  security: [],
  responses: {
    200: { description: "`Tus-Version`, `Tus-Extension`, `Tus-Max-Size`, `Tus-Checksum-Algorithm`." },
  },
});

const createUploadRoute = createRoute({
  method: "post",
  path: "/",
  tags,
  summary: "Begin a tus upload, with or without its first bytes",
  description: "`Upload-Metadata` understands `filename` or `name`, `filetype` or `type`, `businessType`, " +
    "`businessId`, `visibility`, `fingerprint` and `sha256`; everything else is kept and given back. " +
    FOUND,
  request: {
    headers: z.object({
      ...version,
      "Upload-Length": text().optional(),
      "Upload-Defer-Length": text().optional(),
      "Upload-Metadata": text().optional(),
      "Upload-Concat": text().optional(),
      "Upload-Checksum": text().optional(),
    }),
    body: { required: false, content: { "application/offset+octet-stream": binary } },
  },
  responses: {
    201: { description: "`Location` is the upload's address." },
    ...problems(
      "invalid-request",
      "invalid-file-name",
      "unknown-business-type",
      "forbidden",
      "sessions-disabled",
      "type-not-allowed",
      ...COMMON,
      ...BODY,
      ...ENDED,
    ),
  },
});

const showRoute = createRoute({
  method: "head",
  path: "/{id}",
  tags,
  summary: "How far a tus upload is; finishes it when all bytes are there",
  request: { params, headers: z.object(version) },
  responses: {
    200: { description: "`Upload-Offset`, `Upload-Length`, `Upload-Metadata`, `Upload-Expires`. " + FOUND },
    ...problems(...COMMON, ...ENDED),
  },
});

const appendRoute = createRoute({
  method: "patch",
  path: "/{id}",
  tags,
  summary: "Bytes at the offset of a tus upload",
  description:
    "A newer request takes over from an older one. With `Upload-Checksum` all of the body counts or " +
    "nothing; without one, what safely arrived counts even when the connection breaks. " + FOUND,
  request: {
    params,
    headers: z.object({
      ...version,
      "Upload-Offset": text(),
      "Upload-Length": text().optional(),
      "Upload-Checksum": text().optional(),
    }),
    body: { required: true, content: { "application/offset+octet-stream": binary } },
  },
  responses: {
    204: { description: "`Upload-Offset` is where the upload goes on." },
    ...problems(
      "forbidden",
      "offset-mismatch",
      "superseded",
      "chunk-conflict",
      "upload-ended",
      ...COMMON,
      ...BODY,
      ...ENDED,
    ),
  },
});

const terminateRoute = createRoute({
  method: "delete",
  path: "/{id}",
  tags,
  summary: "Give an upload up; the file of a finished one goes to the recycle bin",
  request: { params, headers: z.object(version) },
  responses: {
    204: { description: "Its address answers 410 from now on." },
    ...problems(...COMMON, ...ENDED),
  },
});

const bytesRoute = createRoute({
  method: "get",
  path: "/{id}",
  tags,
  summary: "The bytes of a finished upload, whole or in ranges, for as long as its session is remembered",
  security: READERS,
  request: { params },
  responses: {
    200: { description: "All of it.", content: { "application/octet-stream": binary } },
    206: { description: "The ranges asked for.", content: { "application/octet-stream": binary } },
    304: { description: "What you have is current." },
    ...problems(
      "unauthenticated",
      "not-found",
      "precondition-failed",
      "range-not-satisfiable",
      "blob-missing",
    ),
  },
});

/** Describes the routes of `app`, which are relative to `/files`. */
export function describeTus(app: OpenAPIHono<Env>): void {
  for (
    const route of [optionsRoute, createUploadRoute, showRoute, appendRoute, terminateRoute, bytesRoute]
  ) app.openAPIRegistry.registerPath(route);
}
