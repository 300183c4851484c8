/** The API's calls: one request each, tried again when that is safe. */
import { type Answer, jsonOf } from "./answer.ts";
import type {
  AccessToken,
  Archive,
  Attachment,
  BusinessType,
  Chunk,
  DeleteResult,
  NewAccessToken,
  Page,
  RestoreResult,
} from "./api_types.ts";
import { persist } from "./retry.ts";
import type { Call, Server } from "./server.ts";
import type {
  ArchiveCalls,
  AttachmentCalls,
  CallOptions,
  RequestOptions,
  SessionCalls,
  TokenCalls,
  UploadCalls,
} from "./types.ts";

const DEFAULT_RETRIES = 2;
/** What one request to delete many may name. */
const BATCH = 1000;
const CHUNKS_PAGE = 1000;

interface Repeat extends CallOptions {
  /** Default: every method but POST. */
  repeatable?: boolean;
}

const never = new AbortController().signal;

/** `call`, tried again as `options` say. */
export async function answerOf(server: Server, call: Call, options: Repeat = {}): Promise<Answer> {
  const { signal = never, retries = DEFAULT_RETRIES, repeatable = call.method !== "POST" } = options;
  const { clock, random } = server;
  return await persist(() => server.send({ ...call, signal }), {
    retries,
    signal,
    clock,
    random,
    repeatable,
  });
}

async function json<T>(server: Server, call: Call, options?: Repeat): Promise<T> {
  return jsonOf<T>(await answerOf(server, call, options));
}

export async function request<T>(
  server: Server,
  call: { method: string; path: string },
  { query, json: body, ...options }: RequestOptions,
): Promise<T> {
  const path = call.path.replace(/^\/+/, "");
  return await json<T>(
    server,
    { ...call, path, query, ...(body === undefined ? {} : { json: body }) },
    options,
  );
}

/** Every item of a list, page by page. */
async function* pages<T>(next: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<T, void> {
  let cursor: string | undefined;
  do {
    const page = await next(cursor);
    yield* page.items;
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
}

/** As many requests as it takes; results in the order of `ids`. */
async function inBatches<Result>(
  server: Server,
  { path, ids, more }: { path: string; ids: readonly string[]; more: Record<string, unknown> },
  options: CallOptions | undefined,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < ids.length; start += BATCH) {
    const call = { method: "POST", path, json: { ids: ids.slice(start, start + BATCH), ...more } };
    const part = await json<{ results: Result[] }>(server, call, { ...options, repeatable: true });
    results.push(...part.results);
  }
  return results;
}

const attachmentPath = (id: string) => `api/v1/attachments/${encodeURIComponent(id)}`;
const uploadPath = (id: string) => `api/v1/uploads/${encodeURIComponent(id)}`;

export function attachmentCalls(server: Server): AttachmentCalls {
  const path = "api/v1/attachments";
  const calls: AttachmentCalls = {
    list: (query, options) => json(server, { method: "GET", path, query: { ...query } }, options),
    all: (query, options) =>
      pages((cursor) => calls.list({ limit: 100, ...query, ...(cursor && { cursor }) }, options)),
    get: (id, options) => json(server, { method: "GET", path: attachmentPath(id) }, options),
    change: (id, change, options) =>
      json(server, { method: "PATCH", path: attachmentPath(id), json: change }, options),
    async delete(id, { permanent = false, ...options } = {}) {
      const query = permanent ? { permanent } : {};
      await answerOf(server, { method: "DELETE", path: attachmentPath(id), query }, options);
    },
    deleteMany(ids, { permanent, ...options } = {}) {
      const more = permanent ? { permanent } : {};
      return inBatches<DeleteResult>(server, { path: `${path}/delete`, ids, more }, options);
    },
    restoreMany: (ids, options) =>
      inBatches<RestoreResult>(server, { path: `${path}/restore`, ids, more: {} }, options),
    restore: (id, options) =>
      json<Attachment>(server, { method: "POST", path: `${attachmentPath(id)}/restore` }, options),
    contentUrl(attachment, { download, fileName, variant } = {}) {
      const id = typeof attachment === "string" ? attachment : attachment.id;
      return server.url(`${attachmentPath(id)}/content`, { variant, download: download ? 1 : null, fileName })
        .href;
    },
  };
  return calls;
}

export function uploadCalls(server: Server): UploadCalls {
  const calls: UploadCalls = {
    list: (query, options) =>
      json(server, { method: "GET", path: "api/v1/uploads", query: { ...query } }, options),
    all: (query, options) =>
      pages((cursor) => calls.list({ limit: 100, ...query, ...(cursor && { cursor }) }, options)),
    get: (id, options) => json(server, { method: "GET", path: uploadPath(id) }, options),
    chunks: (id, options) =>
      pages((cursor) =>
        json<Page<Chunk>>(
          server,
          { method: "GET", path: `${uploadPath(id)}/chunks`, query: { limit: CHUNKS_PAGE, cursor } },
          options,
        )
      ),
    async cancel(id, options) {
      await answerOf(server, { method: "DELETE", path: uploadPath(id) }, options);
    },
  };
  return calls;
}

export function tokenCalls(server: Server): TokenCalls {
  return {
    create: (attachmentId, request = {}, options) =>
      json<NewAccessToken>(
        server,
        { method: "POST", path: `${attachmentPath(attachmentId)}/tokens`, json: request },
        options,
      ),
    list: (attachmentId, query, options) =>
      pages((cursor) =>
        json<Page<AccessToken>>(
          server,
          {
            method: "GET",
            path: `${attachmentPath(attachmentId)}/tokens`,
            query: { ...query, ...(cursor && { cursor }) },
          },
          options,
        )
      ),
    async revoke(id, options) {
      await answerOf(server, { method: "DELETE", path: `api/v1/tokens/${encodeURIComponent(id)}` }, options);
    },
  };
}

export function sessionCalls(server: Server): SessionCalls {
  const path = "api/v1/session";
  return {
    get: (options) => json(server, { method: "GET", path }, options),
    open: (token, options) => {
      const headers: Record<string, string> = token === undefined
        ? {}
        : { "Authorization": `Bearer ${token}` };
      return json(server, { method: "POST", path, headers }, { ...options, repeatable: true });
    },
    async close(options) {
      await answerOf(server, { method: "DELETE", path }, options);
    },
  };
}

export function archiveCalls(server: Server): ArchiveCalls {
  const path = "api/v1/archives";
  return {
    create: (ids, { fileName, ...options } = {}) => {
      const call = { method: "POST", path, json: { ids, ...(fileName === undefined ? {} : { fileName }) } };
      return json<Archive>(server, call, options);
    },
    contentUrl(ids, { fileName } = {}) {
      const address = server.url(path, { fileName });
      for (const id of ids) address.searchParams.append("id", id);
      return address.href;
    },
  };
}

export async function businessTypes(server: Server, options?: CallOptions): Promise<BusinessType[]> {
  const call = { method: "GET", path: "api/v1/business-types" };
  return (await json<{ items: BusinessType[] }>(server, call, options)).items;
}
