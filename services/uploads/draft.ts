/** A new session before anybody knows of it. */
import type { Actor } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import { fileFacts, type FileRequest, rulesOf } from "../file_rules.ts";
import { newUploadId } from "../ids.ts";
import { extensionFor } from "../media_type.ts";
import type { Caller, Concat, FileFacts, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";

/** Characters, inclusive, of what a client says beside the file. */
export const MAX_METADATA = 16_384;

export interface DraftRequest extends Omit<FileRequest, "fileName"> {
  fileName?: string | null | undefined;
  size: number | null;
  sha256?: string | undefined;
  fingerprint?: string | undefined;
  metadata?: string | null | undefined;
  partial?: boolean | undefined;
  concat?: Concat;
  /** Bytes come with the request, before anything of it is recorded. */
  announced?: boolean;
}

/** Throws `sessions-disabled`, and what is wrong with the file; its size is the caller's to check. */
export function draftOf(core: Core, caller: Caller, request: DraftRequest): UploadRecord {
  const { config, blobs } = core;
  requireSessions(core);
  const { metadata = null, partial = false, concat = null, announced = false } = request;
  if ((metadata?.length ?? 0) > MAX_METADATA) {
    throw new Problem("invalid-request", `The metadata have more than ${MAX_METADATA} characters.`);
  }
  return {
    ...(partial
      ? partialFacts(core, request)
      : fileFacts(config, { ...request, fileName: nameOf(core, request) })),
    id: newUploadId(),
    ownerId: caller.id,
    size: request.size,
    chunkSize: config.chunks.default,
    sha256: partial ? null : request.sha256 ?? null,
    fingerprint: request.fingerprint ?? null,
    metadata,
    concat: partial ? { kind: "partial" } : concat,
    blobId: blobs.newId({ announced }),
    status: "uploading",
    attachmentId: null,
    failure: null,
    createdAt: core.now(),
    endedAt: null,
  };
}

export function requireSessions({ config }: Core): void {
  if (config.sessions.enabled) return;
  throw new Problem(
    "sessions-disabled",
    "This server takes whole files only: PUT /api/v1/files/{fileName}.",
  );
}

/** The name that the request says, or one made of the time and the type. */
function nameOf({ now }: Core, { fileName, contentType }: DraftRequest): string {
  if (fileName !== undefined && fileName !== null && fileName !== "") return fileName;
  const [day, time] = new Date(now()).toISOString().slice(0, 19).split("T");
  return `upload ${day} ${time!.replaceAll(":", "-")}${extensionFor(contentType)}`;
}

/** A part is no file: it has no name, and only the length of it is judged. */
function partialFacts(
  { config }: Core,
  { businessType = "General", businessId, visibility }: DraftRequest,
): FileFacts {
  const rules = rulesOf(config, businessType);
  return {
    fileName: "part",
    contentType: "application/octet-stream",
    businessType,
    businessId: businessId || null,
    visibility: visibility ?? rules.visibility,
  };
}

/** A session as it is stored for the first time. */
export function auditOpening(
  { audit }: Core,
  commit: Deno.AtomicOperation,
  { actor, draft }: { actor: Actor; draft: UploadRecord },
): void {
  const { id, fileName, size, businessType, concat } = draft;
  audit.add(commit, {
    actor,
    action: "upload.open",
    target: { kind: "upload", id },
    detail: { fileName, size, businessType, ...(concat && { concat: concat.kind }) },
  });
}
