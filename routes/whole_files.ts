/** A whole file in one request: raw, as a form, or by `curl -T`. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Core } from "../services/core.ts";
import { variantsOf } from "../services/images/variants.ts";
import type { AttachmentRecord } from "../services/model.ts";
import { Problem } from "../services/problem.ts";
import type { ContentDigests } from "../services/uploads/digest_check.ts";
import { storeFile } from "../services/uploads/whole_file.ts";
import { requireCaller } from "./authenticate.ts";
import type { Env } from "./env.ts";
import { storeForm } from "./file_form.ts";
import { contentDigests, reprDigests } from "./http/digests.ts";
import { contentLength } from "./http/header_values.ts";
import { wholeBody } from "./http/whole_body.ts";
import { imageFields, withImage } from "./image_fields.ts";
import { invalidRequest } from "./invalid_request.ts";
import { apiApp, LIMITED, problems } from "./openapi.ts";
import { Attachment, attachmentJson, fileFields, json } from "./schemas.ts";

const tags = ["Whole files"];
const binary = z.string().openapi({ format: "binary" });
const FileQuery = z.strictObject({ ...fileFields, ...imageFields });
const NamedFile = z.strictObject({ ...fileFields, ...imageFields, fileName: z.string().optional() });

const refusals = problems(
  "invalid-request",
  "invalid-file-name",
  "invalid-digest",
  "unknown-business-type",
  "malformed-body",
  "body-incomplete",
  "unauthenticated",
  "body-stalled",
  "length-required",
  "file-too-large",
  ...LIMITED,
  "type-not-allowed",
  "content-mismatch",
  "digest-mismatch",
  "image-too-large",
  "image-unreadable",
  "image-unsupported",
  "disk-full",
  "stopping",
);

const putRoute = createRoute({
  method: "put",
  path: "/files/{fileName}",
  tags,
  summary: "A whole file under its name: curl -T photo.jpg .../api/v1/files/",
  request: {
    params: z.object({ fileName: z.string() }),
    query: FileQuery,
    body: { required: false, content: { "application/octet-stream": { schema: binary } } },
  },
  responses: { 201: json(Attachment, "The attachment."), ...refusals },
});

const postRoute = createRoute({
  method: "post",
  path: "/attachments",
  tags,
  summary:
    "A whole file, as a form (part `file`, fields before or after it) or raw with the fields in the query",
  request: {
    query: NamedFile,
    body: {
      required: true,
      content: {
        "multipart/form-data": { schema: NamedFile.extend({ file: binary }) },
        "application/octet-stream": { schema: binary },
      },
    },
  },
  responses: { 201: json(Attachment, "The attachment."), ...refusals },
});

/** Routes relative to `/api/v1`. */
export function wholeFiles(core: Core): OpenAPIHono<Env> {
  const app = apiApp();

  /** Nobody can have downloaded it yet. */
  function created(c: Context<Env>, record: AttachmentRecord) {
    c.header("Location", `/api/v1/attachments/${record.id}`);
    return c.json(attachmentJson(record, { downloadCount: 0, variants: variantsOf(core, record) }), 201);
  }

  /** The body as it comes; its digests are those of the file. */
  async function raw(c: Context<Env>, request: z.infer<typeof NamedFile> & { fileName: string }) {
    const { headers } = c.req.raw;
    const digests = bothDigests(contentDigests(headers) ?? {}, reprDigests(headers) ?? {});
    const file = {
      length: contentLength(headers),
      digests,
      body: wholeBody(c.req.raw, { at: "start" }) ?? empty(),
    };
    const contentType = request.contentType ?? headers.get("Content-Type");
    return created(
      c,
      await storeFile(core, requireCaller(c), { file, request: withImage({ ...request, contentType }) }),
    );
  }

  app.openAPIRegistry.registerPath(putRoute);
  app.put("/files/:fileName", async (c) => {
    requireCaller(c);
    const query = parse(FileQuery, c.req.query());
    return await raw(c, { ...query, fileName: c.req.param("fileName") });
  });

  app.openAPIRegistry.registerPath(postRoute);
  app.post("/attachments", async (c) => {
    const caller = requireCaller(c);
    const query = parse(NamedFile, c.req.query());
    if (!/^multipart\/form-data\b/i.test(c.req.header("Content-Type") ?? "")) {
      if (query.fileName === undefined) {
        throw new Problem(
          "invalid-request",
          "The name is missing: send ?fileName=..., or a form with a part `file`.",
        );
      }
      return await raw(c, { ...query, fileName: query.fileName });
    }
    if (contentDigests(c.req.raw.headers) || reprDigests(c.req.raw.headers)) {
      throw new Problem(
        "invalid-digest",
        "A digest header of a form is not one of its file. Send the field sha256 instead.",
      );
    }
    const record = await storeForm(core, caller, {
      request: c.req.raw,
      isNamed(fields) {
        const known = { ...c.req.query(), ...fields };
        return "fileName" in known && "businessType" in known;
      },
      requestOf(fields, file) {
        const named = parse(NamedFile, { ...c.req.query(), ...fields });
        const fileName = named.fileName ?? file.fileName;
        if (fileName === null) {
          throw new Problem("invalid-file-name", "The file has no name. Send a field fileName.");
        }
        return withImage({ ...named, fileName, contentType: named.contentType ?? file.contentType });
      },
    });
    return created(c, record);
  });

  return app;
}

/** The body is the whole file, so that both headers speak of the same bytes. */
function bothDigests(content: ContentDigests, repr: ContentDigests): ContentDigests {
  for (const [algorithm, digest] of Object.entries(repr)) {
    const other = content[algorithm as keyof ContentDigests];
    if (other === undefined || other === digest) continue;
    throw new Problem(
      "invalid-digest",
      `Content-Digest and Repr-Digest name different ${algorithm} digests for the same bytes.`,
    );
  }
  return { ...repr, ...content };
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw invalidRequest("query", result.error.issues);
  return result.data;
}

function empty(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
