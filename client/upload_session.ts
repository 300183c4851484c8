/** The requests of one upload session; one try each. */
import { jsonOf } from "./answer.ts";
import type { Attachment, Chunk, Page, UploadSession } from "./api_types.ts";
import { PawlError } from "./errors.ts";
import type { Server } from "./server.ts";
import type { Source } from "./source.ts";
import type { UploadOptions } from "./upload_types.ts";

export type Opened =
  | { kind: "instant"; attachment: Attachment }
  | { kind: "session"; session: UploadSession; created: boolean };

/** What an opening tells before it waits for a limit's window to end. */
export type OnPaced = (waiting: { error: PawlError; waitMs: number }) => void;

export interface OpenWish {
  source: Source;
  options: UploadOptions;
  fingerprint: string;
  sha256: string | null;
  forceNew: boolean;
}

export async function openSession(
  server: Server,
  wish: OpenWish,
  { signal, onPaced }: { signal: AbortSignal; onPaced?: OnPaced },
): Promise<Opened> {
  const { source, options, fingerprint, sha256, forceNew } = wish;
  const { businessType, businessId, visibility, image } = options;
  const contentType = options.contentType ?? source.type;
  const answer = await server.send({
    method: "POST",
    path: "api/v1/uploads",
    json: {
      fileName: options.fileName ?? source.name ?? "file",
      size: source.size,
      fingerprint,
      ...(contentType === "" ? {} : { contentType }),
      ...(sha256 === null ? {} : { sha256 }),
      ...(businessType === undefined ? {} : { businessType }),
      ...(businessId === undefined ? {} : { businessId }),
      ...(visibility === undefined ? {} : { visibility }),
      ...(image === undefined ? {} : { image }),
      ...(forceNew ? { forceNew } : {}),
    },
    signal,
    kind: "open",
    onPaced: ({ ms, limit }) => onPaced?.({ error: paced(limit, ms), waitMs: ms }),
  });
  const body = jsonOf<UploadSession | { attachment: Attachment }>(answer);
  if (typeof body === "object" && body !== null) {
    if ("attachment" in body) return { kind: "instant", attachment: body.attachment };
    if (typeof body.id === "string" && Array.isArray(body.received)) {
      return { kind: "session", session: body, created: answer.status === 201 };
    }
  }
  throw new PawlError("unexpected-answer", "What answered is not Pawl. Check the address.", {
    status: answer.status,
  });
}

/** The refusal that is not waited for. */
function paced(limit: string, ms: number): PawlError {
  return new PawlError(limit, "As much was begun as is allowed for now. It goes on when the time is over.", {
    status: 429,
    title: "Too much for now",
    retryAfter: Math.ceil(ms / 1000),
  });
}

const pathOf = (id: string) => `api/v1/uploads/${encodeURIComponent(id)}`;

export async function showSession(server: Server, id: string, signal: AbortSignal): Promise<UploadSession> {
  return jsonOf(await server.send({ method: "GET", path: pathOf(id), signal }));
}

/** How many recorded chunks a page has. */
const PAGE_CHUNKS = 1000;

export async function chunksPage(
  server: Server,
  { id, cursor }: { id: string; cursor: string | null },
  signal: AbortSignal,
): Promise<Page<Chunk>> {
  const query = { limit: PAGE_CHUNKS, cursor };
  return jsonOf(await server.send({ method: "GET", path: `${pathOf(id)}/chunks`, query, signal }));
}

export interface ChunkBody {
  id: string;
  offset: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Of `Content-Digest`. */
  digest: string;
}

export async function putChunk(
  server: Server,
  { id, offset, bytes, digest }: ChunkBody,
  options: { signal: AbortSignal; onSent: (bytes: number) => void; stallMs: number; deadlineMs: number },
): Promise<void> {
  await server.send({
    method: "PUT",
    path: `${pathOf(id)}/chunks/${offset}`,
    headers: { "Content-Type": "application/octet-stream", "Content-Digest": digest },
    body: bytes,
    kind: "chunk",
    ...options,
  });
}

/** null while the server needs more time; `retryAfter` is in seconds. */
export async function completeSession(
  server: Server,
  { id, sha256 }: { id: string; sha256: string | null },
  signal: AbortSignal,
): Promise<{ attachment: Attachment } | { retryAfter: number }> {
  const json = sha256 === null ? {} : { sha256 };
  const answer = await server.send({ method: "POST", path: `${pathOf(id)}/complete`, json, signal });
  if (answer.status !== 202) return { attachment: jsonOf(answer) };
  const retryAfter = Number(answer.header("Retry-After") ?? 2);
  return { retryAfter: Number.isFinite(retryAfter) ? Math.max(0.1, retryAfter) : 2 };
}
