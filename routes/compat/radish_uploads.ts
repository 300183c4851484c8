/** `/api/v1/ChunkedUpload/*` of system C: sessions whose chunks are counted. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { DownloadCounts } from "../../services/attachments/download_counts.ts";
import type { Core } from "../../services/core.ts";
import { variantsOf } from "../../services/images/variants.ts";
import type { Caller } from "../../services/model.ts";
import { cancelUpload } from "../../services/uploads/end.ts";
import { findUpload } from "../../services/uploads/find.ts";
import { openUpload } from "../../services/uploads/open_upload.ts";
import { describeUpload, type UploadView } from "../../services/uploads/sessions.ts";
import type { WaitingChunks } from "../../services/uploads/waiting_chunks.ts";
import { writeChunk } from "../../services/uploads/write_chunk.ts";
import { requireCaller } from "../authenticate.ts";
import { boundedBody } from "../bounded_body.ts";
import type { Env } from "../env.ts";
import { apiApp } from "../openapi.ts";
import { readChunkForm } from "./chunk_form.ts";
import { completeAndWait } from "./merge.ts";
import { count, id, parseJson, readValues } from "./old_values.ts";
import { ImageFields, imageRequest, notDeleted } from "./radish_attachments.ts";
import { answer, BODY_REFUSALS, describeOld, FILE_REFUSALS } from "./radish_routes.ts";
import { OldAttachment, oldAttachment, OldSession, oldSession } from "./radish_values.ts";

const CHUNK_SIZE = 2_097_152;
/** Clients of .NET give up after 100 s. */
const MERGE_SECONDS = 90;

const sessionId = () => z.string().max(64);
const CreateBody = z.object({
  fileName: z.string(),
  totalSize: count(),
  mimeType: z.string().max(255).nullish(),
  chunkSize: count().nullish(),
  businessType: z.string().max(64).nullish(),
  businessId: id().nullish(),
});
const ChunkFields = z.object({ sessionId: sessionId(), chunkIndex: count() });
const SessionQuery = z.object({ sessionId: sessionId() });
const MergeBody = ImageFields.extend({ sessionId: sessionId() });
const ENDED = ["upload-expired", "upload-cancelled", "upload-failed"] as const;

/** Of one that was cancelled or has failed too: it is told as such there, not refused. */
async function sessionView(core: Core, caller: Caller, id: string): Promise<UploadView> {
  const record = await findUpload(core, caller, { id, action: "upload.see" });
  if (record.status !== "cancelled" && record.status !== "failed") return await describeUpload(core, record);
  const expiresAt = record.endedAt! + core.config.sessions.keepEndedDays * 86_400_000;
  return { ...record, received: [], receivedBytes: 0, uploadedChunkIndexes: [], expiresAt };
}

export function radishUploads(
  core: Core,
  { downloads, waiting }: { downloads: DownloadCounts; waiting: WaitingChunks },
): OpenAPIHono<Env> {
  const app = apiApp();

  describeOld(app, {
    method: "post",
    path: "/api/v1/ChunkedUpload/CreateSession",
    summary: "A new session",
    body: { type: "application/json", schema: CreateBody },
    data: OldSession,
    refusals: [...BODY_REFUSALS, ...FILE_REFUSALS, "unauthenticated", "sessions-disabled"],
  });
  app.post("/api/v1/ChunkedUpload/CreateSession", boundedBody(), async (c) => {
    const caller = requireCaller(c);
    const given = readValues(CreateBody, { part: "json", values: parseJson(await c.req.text()) });
    const opened = await openUpload(core, caller, {
      fileName: given.fileName,
      size: given.totalSize,
      contentType: given.mimeType ?? null,
      chunkSize: given.chunkSize ?? CHUNK_SIZE,
      businessType: given.businessType || undefined,
      businessId: given.businessId ?? null,
      forceNew: true,
      instant: false,
      origin: "compat",
    });
    if (opened.kind === "instant") throw new TypeError("an instant upload that was not asked for");
    return answer(c, "Created.", oldSession(await describeUpload(core, opened.upload)));
  });

  describeOld(app, {
    method: "post",
    path: "/api/v1/ChunkedUpload/UploadChunk",
    summary: "A chunk by its index",
    body: {
      type: "multipart/form-data",
      schema: ChunkFields.extend({ chunkData: z.string().openapi({ format: "binary" }) }),
    },
    data: OldSession,
    refusals: [
      ...BODY_REFUSALS,
      ...ENDED,
      "unauthenticated",
      "not-found",
      "chunk-out-of-range",
      "chunk-too-small",
      "chunk-too-large",
      "chunk-conflict",
      "chunk-busy",
      "superseded",
      "upload-ended",
      "too-many-chunks",
      "uploads-at-once",
      "bytes-per-day",
      "busy",
      "disk-full",
      "stopping",
    ],
  });
  app.post("/api/v1/ChunkedUpload/UploadChunk", async (c) => {
    const caller = requireCaller(c);
    async function write(
      { sessionId: id, chunkIndex }: z.infer<typeof ChunkFields>,
      { body, sha256 }: { body: ReadableStream<Uint8Array>; sha256?: string },
    ) {
      const { size, chunkSize } = await sessionView(core, caller, id);
      const offset = chunkIndex * chunkSize;
      const length = size === null || offset >= size ? null : Math.min(chunkSize, size - offset);
      const digests = sha256 === undefined ? {} : { sha256 };
      await writeChunk(core, caller, { id, chunk: { offset, length, digests, body } });
      return oldSession(await sessionView(core, caller, id));
    }
    const session = await readChunkForm(core, c.req.raw, {
      waiting,
      fileField: "chunkdata",
      atOnce(fields) {
        if (!("sessionid" in fields && "chunkindex" in fields)) return null;
        const chunk = readValues(ChunkFields, { part: "form", values: fields });
        return (body) => write(chunk, { body });
      },
      afterwards(fields, { sha256, stream }) {
        return write(readValues(ChunkFields, { part: "form", values: fields }), { body: stream(), sha256 });
      },
    });
    return answer(c, "Received.", session);
  });

  describeOld(app, {
    method: "get",
    path: "/api/v1/ChunkedUpload/GetSession",
    summary: "A session: which chunks have come",
    query: SessionQuery,
    data: OldSession,
    refusals: ["invalid-request", "unauthenticated", "not-found", "upload-expired"],
  });
  app.get("/api/v1/ChunkedUpload/GetSession", async (c) => {
    const caller = requireCaller(c);
    const { sessionId } = readValues(SessionQuery, { part: "query", values: c.req.query() });
    return answer(c, "", oldSession(await sessionView(core, caller, sessionId)));
  });

  describeOld(app, {
    method: "post",
    path: "/api/v1/ChunkedUpload/MergeChunks",
    summary: "Finish: all chunks have come",
    body: { type: "application/json", schema: MergeBody },
    data: OldAttachment,
    refusals: [
      ...BODY_REFUSALS,
      ...ENDED,
      "unauthenticated",
      "not-found",
      "upload-incomplete",
      "content-mismatch",
      "image-too-large",
      "image-unreadable",
      "image-unsupported",
      "busy",
      "stopping",
    ],
  });
  app.post("/api/v1/ChunkedUpload/MergeChunks", boundedBody(), async (c) => {
    const caller = requireCaller(c);
    const given = readValues(MergeBody, { part: "json", values: parseJson(await c.req.text()) });
    const record = notDeleted(
      caller,
      await completeAndWait(core, caller, {
        id: given.sessionId,
        sha256: null,
        image: imageRequest(core.config, given),
        seconds: MERGE_SECONDS,
      }),
    );
    const [downloadCount] = await downloads.of([record.id]);
    const hasThumbnail = "thumbnail" in variantsOf(core, record);
    return answer(
      c,
      "Merged.",
      oldAttachment(record, { caller, downloadCount: downloadCount!, hasThumbnail }),
    );
  });

  describeOld(app, {
    method: "post",
    path: "/api/v1/ChunkedUpload/CancelSession",
    summary: "Cancel; the body is the session's id as a JSON string",
    body: { type: "application/json", schema: z.string() },
    data: z.null(),
    refusals: [...BODY_REFUSALS, "unauthenticated", "not-found", "upload-ended"],
  });
  app.post("/api/v1/ChunkedUpload/CancelSession", boundedBody(), async (c) => {
    const caller = requireCaller(c);
    const values = { sessionId: parseJson(await c.req.text()) };
    await cancelUpload(core, caller, readValues(SessionQuery, { part: "json", values }).sessionId);
    return answer(c, "Cancelled.");
  });

  return app;
}
