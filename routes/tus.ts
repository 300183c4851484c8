/** tus 1.0.0 at `/files`: its headers, over the same sessions as every other way to upload. */
import type { Context } from "hono";
import type { Core } from "../services/core.ts";
import { Problem } from "../services/problem.ts";
import { appendToUpload } from "../services/uploads/append.ts";
import { beginUpload } from "../services/uploads/begin.ts";
import { beginFinal } from "../services/uploads/concat.ts";
import { showState, type UploadState } from "../services/uploads/state.ts";
import { terminateUpload } from "../services/uploads/terminate.ts";
import { requireCaller } from "./authenticate.ts";
import type { Env } from "./env.ts";
import type { Dialect, FilesOptions } from "./files.ts";
import { contentLength, integerHeader } from "./http/header_values.ts";
import { formatHttpDate } from "./http/http_date.ts";
import {
  declaredLength,
  OFFSET_BYTES,
  uploadChecksum,
  uploadConcat,
  uploadIdOf,
  uploadOffset,
} from "./http/tus_headers.ts";
import { describedFile } from "./tus_metadata.ts";

export function tus(core: Core, { folder, locationOf, publicUrl }: FilesOptions): Dialect {
  return {
    async create(c) {
      const caller = requireCaller(c);
      const { headers } = c.req.raw;
      const concat = uploadConcat(headers);
      const file = describedFile(headers);
      const first = bodyOf(c);
      let state: UploadState;
      if (concat?.kind === "final") {
        requireNoLength(headers);
        if (first) throw new Problem("forbidden", "A final upload takes no bytes: it is made of its parts.");
        const own = [URL.parse(c.req.url)?.host, headers.get("Host"), publicUrl?.host];
        const hosts = own.filter((host) => typeof host === "string");
        const where = { base: c.req.url, hosts, folder };
        const parts = concat.urls.map((url) => uploadIdOf(url, where));
        state = await beginFinal(core, caller, { ...file, parts, header: concat.header });
      } else {
        const size = declaredLength(headers);
        if (first) requireOffsetBytes(headers);
        state = await told(beginUpload(core, caller, { ...file, size, partial: concat !== null, first }));
      }
      const answer = progressHeaders(state);
      answer.set("Location", locationOf(state.record.id));
      if (first) answer.set("Upload-Offset", String(state.offset));
      return new Response(null, { status: 201, headers: answer });
    },

    async show(c, id) {
      const state = await showState(core, requireCaller(c), id);
      const { record, offset, size } = state;
      const answer = progressHeaders(state);
      answer.set("Cache-Control", "no-store");
      if (offset !== null) answer.set("Upload-Offset", String(offset));
      if (size !== null) answer.set("Upload-Length", String(size));
      else if (offset !== null) answer.set("Upload-Defer-Length", "1");
      if (record.metadata !== null) answer.set("Upload-Metadata", record.metadata);
      if (record.concat) {
        answer.set("Upload-Concat", record.concat.kind === "final" ? record.concat.header : "partial");
      }
      return new Response(null, { status: 200, headers: answer });
    },

    async append(c, id) {
      const caller = requireCaller(c);
      const { headers } = c.req.raw;
      requireOffsetBytes(headers);
      const offset = uploadOffset(headers);
      const size = integerHeader(headers, "Upload-Length");
      const body = bodyOf(c) ?? { length: 0, digests: uploadChecksum(headers), body: null };
      const state = await told(appendToUpload(core, caller, { id, append: { ...body, offset, size } }));
      const answer = progressHeaders(state);
      answer.set("Upload-Offset", String(state.offset));
      return new Response(null, { status: 204, headers: answer });
    },

    async terminate(c, id) {
      await terminateUpload(core, requireCaller(c), id);
      return new Response(null, { status: 204 });
    },
  };
}

/** When the upload expires, or what it has become. */
function progressHeaders({ expiresAt, attachment }: UploadState): Headers {
  const headers = new Headers();
  if (expiresAt !== null) headers.set("Upload-Expires", formatHttpDate(expiresAt));
  if (attachment) {
    headers.set("Content-Location", `/api/v1/attachments/${attachment.id}`);
    headers.set("Pawl-Attachment-Id", attachment.id);
  }
  return headers;
}

/** null: the request has none. */
function bodyOf(c: Context<Env>) {
  const { headers, body } = c.req.raw;
  const length = contentLength(headers);
  if (body === null || length === 0) return null;
  // A body says its length or comes in chunks (RFC 9112, 6.3); in HTTP/2 it need not, so that the media type tells.
  if (length === null && !headers.has("Transfer-Encoding") && !isOffsetBytes(headers)) return null;
  return { length, digests: uploadChecksum(headers), body };
}

const isOffsetBytes = (headers: Headers): boolean =>
  headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase() === OFFSET_BYTES;

function requireOffsetBytes(headers: Headers): void {
  if (isOffsetBytes(headers)) return;
  throw new Problem("unsupported-media-type", `Send the bytes with Content-Type: ${OFFSET_BYTES}.`, {
    headers: { Accept: OFFSET_BYTES },
  });
}

function requireNoLength(headers: Headers): void {
  if (!headers.has("Upload-Length") && !headers.has("Upload-Defer-Length")) return;
  throw new Problem("invalid-header", "A final upload has the length of its parts. Leave Upload-Length out.");
}

/** Refusals as tus clients know them: 409 with the true offset, 460 for a wrong checksum. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { message, extra } = error;
    switch (error.code) {
      case "offset-mismatch":
        throw new Problem("offset-mismatch", message, {
          extra,
          headers: { "Upload-Offset": String(extra.expectedOffset) },
        });
      case "digest-mismatch":
        throw new Problem("checksum-mismatch", message, { extra });
      default:
        throw error;
    }
  }
}
