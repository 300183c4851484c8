/** IETF resumable uploads at `/files`: the draft's headers, over the same sessions as every other way to upload. */
import type { Context } from "hono";
import type { Core } from "../services/core.ts";
import { rulesOf } from "../services/file_rules.ts";
import { variantsOf } from "../services/images/variants.ts";
import { Problem, type ProblemOptions } from "../services/problem.ts";
import { appendToUpload } from "../services/uploads/append.ts";
import { cancelUpload } from "../services/uploads/end.ts";
import { beginUpload } from "../services/uploads/begin.ts";
import { showState, type UploadState } from "../services/uploads/state.ts";
import { terminateUpload } from "../services/uploads/terminate.ts";
import { widestLimit } from "../services/uploads/whole_file.ts";
import { requireCaller } from "./authenticate.ts";
import type { Env } from "./env.ts";
import type { Dialect, FilesOptions } from "./files.ts";
import { contentDigests, digestHeader, reprDigests } from "./http/digests.ts";
import { contentLength } from "./http/header_values.ts";
import {
  byteCount,
  dispositionName,
  fileType,
  INCONSISTENT_LENGTH,
  MISMATCHING_OFFSET,
  requirePartialUpload,
  uploadComplete,
  uploadLimit,
} from "./http/resumable_headers.ts";
import { wholeBody } from "./http/whole_body.ts";
import { attachmentJson } from "./schemas.ts";
import { describedFile } from "./tus_metadata.ts";

export function resumable(core: Core, { locationOf }: Pick<FilesOptions, "locationOf">): Dialect {
  /** What the state says in headers. `done`: the client has said that nothing more comes. */
  function stateHeaders(state: UploadState, { done }: { done: boolean }): Headers {
    const { record, offset, attachment, expiresAt } = state;
    const headers = new Headers({ "Upload-Complete": attachment || done ? "?1" : "?0" });
    if (offset !== null) headers.set("Upload-Offset", String(offset));
    if (attachment) {
      headers.set("Content-Location", `/api/v1/attachments/${attachment.id}`);
      headers.set("Pawl-Attachment-Id", attachment.id);
      headers.set("Repr-Digest", digestHeader(attachment.sourceSha256));
      return headers;
    }
    const { maxBytes } = rulesOf(core.config, record.businessType);
    const maxAge = expiresAt === null ? null : Math.floor((expiresAt - core.now()) / 1000);
    headers.set("Upload-Limit", uploadLimit({ maxSize: maxBytes, maxAge }));
    return headers;
  }

  /** The target's own answer when the upload is complete, else that of the protocol. */
  function answer(state: UploadState, { status, done }: { status: number; done: boolean }): Response {
    const whole = done && state.offset === state.size;
    const headers = stateHeaders(state, { done: whole });
    if (status === 201) headers.set("Location", locationOf(state.record.id));
    if (state.attachment) {
      headers.set("Content-Type", "application/json");
      const body = JSON.stringify(
        attachmentJson(state.attachment, { downloadCount: 0, variants: variantsOf(core, state.attachment) }),
      );
      return new Response(body, { status: status === 201 ? 201 : 200, headers });
    }
    // All has come, and it takes longer: whoever asks again hears how it ended.
    if (whole) headers.set("Retry-After", "2");
    return new Response(null, { status: whole && status !== 201 ? 202 : status, headers });
  }

  return {
    async create(c) {
      const caller = requireCaller(c);
      const { headers } = c.req.raw;
      // Without it, or with one that is none, this is a request that sends all there is.
      const done = uploadComplete(headers) ?? true;
      const file = describedFile(headers);
      const state = await told(beginUpload(core, caller, {
        ...file,
        fileName: dispositionName(headers) ?? file.fileName,
        contentType: fileType(headers) ?? file.contentType,
        sha256: reprDigests(headers)?.sha256 ?? file.sha256,
        size: byteCount(headers, "Upload-Length"),
        first: { ...bodyOf(c, { last: done }), last: done },
      }));
      return answer(state, { status: 201, done });
    },

    async show(c, id) {
      const state = await showState(core, requireCaller(c), id);
      const headers = stateHeaders(state, { done: false });
      headers.set("Cache-Control", "no-store");
      if (state.size !== null) headers.set("Upload-Length", String(state.size));
      return new Response(null, { status: 204, headers });
    },

    async append(c, id) {
      const caller = requireCaller(c);
      const { headers } = c.req.raw;
      requirePartialUpload(headers);
      const offset = byteCount(headers, "Upload-Offset");
      const done = uploadComplete(headers);
      if (offset === null) throw missing("Upload-Offset", "the position of the first byte, such as 0");
      if (done === null) throw missing("Upload-Complete", "?1 for the last bytes of the file, else ?0");
      const size = byteCount(headers, "Upload-Length");
      try {
        const append = { ...bodyOf(c, { last: done }), offset, size, last: done };
        const state = await told(appendToUpload(core, caller, { id, append }));
        return answer(state, { status: 204, done });
      } catch (error) {
        // More bytes than the file has: neither its client nor its length can be trusted any more. A file that is
        // there already stays.
        if (error instanceof Problem && error.code === "body-too-large") {
          await cancelUpload(core, caller, id).catch(() => {});
        }
        throw error;
      }
    },

    async terminate(c, id) {
      await terminateUpload(core, requireCaller(c), id);
      return new Response(null, { status: 204 });
    },
  };

  /** Refusals as the draft words them. Too large ones repeat the limit. */
  async function told<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      switch (error.code) {
        case "offset-mismatch": {
          const { expectedOffset, providedOffset } = error.extra;
          throw again(error, {
            type: MISMATCHING_OFFSET,
            extra: { "expected-offset": expectedOffset, "provided-offset": providedOffset },
            headers: { "Upload-Complete": "?0", "Upload-Offset": String(expectedOffset) },
          });
        }
        case "inconsistent-length":
          throw again(error, { type: INCONSISTENT_LENGTH, headers: { "Upload-Complete": "?0" } });
        case "file-too-large": {
          const maxSize = Number(error.extra.maxBytes ?? widestLimit(core));
          throw again(error, { headers: { "Upload-Limit": uploadLimit({ maxSize, maxAge: null }) } });
        }
        default:
          throw error;
      }
    }
  }
}

/** `Upload-Limit` of uploads that are still to begin. */
export function announcedLimit(core: Core): string {
  return uploadLimit({ maxSize: widestLimit(core), maxAge: core.config.sessions.expireHours * 3600 });
}

/** The bytes of this request, perhaps none. `last`: the file ends with them. */
function bodyOf(c: Context<Env>, { last }: { last: boolean }) {
  const { headers } = c.req.raw;
  const body = last ? wholeBody(c.req.raw, { at: "end" }) : c.req.raw.body;
  const length = body === null ? 0 : contentLength(headers);
  return { length, digests: contentDigests(headers) ?? {}, body: length === 0 ? null : body };
}

function again(error: Problem, options: ProblemOptions): Problem {
  return new Problem(error.code, error.message, {
    cause: error,
    ...options,
    extra: { ...error.extra, ...options.extra },
  });
}

function missing(name: string, what: string): Problem {
  return new Problem("invalid-header", `The header ${name} is missing, or of the wrong type. Send ${what}.`);
}
