/** Begins an upload for a sequential protocol: always a new session, perhaps with its first bytes. */
import { type Actor, actorOf } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import { type FileRequest, requireSize } from "../file_rules.ts";
import type { Caller, UploadRecord } from "../model.ts";
import { Problem, type ProblemCode } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { createUpload } from "../records/uploads.ts";
import { type AppendRequest, outcome, sizeSaid, tooMuch } from "./append.ts";
import { appendBody, type Appended } from "./append_body.ts";
import { sizeBound } from "./chunk_rules.ts";
import { auditOpening, draftOf } from "./draft.ts";
import { endWithoutFile } from "./end.ts";
import { failedProblem, firstLook } from "./find.ts";
import type { LiveUpload } from "./live.ts";
import { Place } from "./place.ts";
import type { UploadState } from "./state.ts";
import { isRefusal } from "./finish.ts";
import { drop } from "./whole_file.ts";

/** What a request says of a file; a name is made when it says none. */
export interface BeginRequest extends Omit<FileRequest, "fileName"> {
  fileName?: string | null | undefined;
  /** Bytes of the whole file; null: to be said later. */
  size: number | null;
  /** Of the whole file, lower-case hex. */
  sha256?: string | undefined;
  /** The client's own mark of the content; the chunk API finds the open session by it. */
  fingerprint?: string | undefined;
  /** What else the client says of it, kept and given back as it is; at most `MAX_METADATA` characters. */
  metadata?: string | null | undefined;
  /** A part of a later final upload: never becomes a file by itself. */
  partial?: boolean | undefined;
  /** The first bytes, at offset 0; null: none in this request. */
  first?: First | null | undefined;
}

/**
 * The whole file in this request costs one commit. When the body breaks, what safely arrived stays as an open
 * session of the caller; a refused body leaves nothing.
 *
 * Throws `sessions-disabled`, what is wrong with the file (`invalid-file-name`, `type-not-allowed`,
 * `unknown-business-type`, `file-too-large`, `invalid-request`), what limits say to a new upload, and of the body
 * whatever `appendToUpload` does.
 */
export async function beginUpload(core: Core, caller: Caller, request: BeginRequest): Promise<UploadState> {
  const leave = core.gate.enter();
  try {
    const first = { length: 0, digests: {}, body: null, ...request.first };
    const size = sizeSaid(request, { ...first, offset: 0 });
    const draft = draftOf(core, caller, { ...request, size, announced: first.body !== null });
    requireSize(core.config, { businessType: draft.businessType, size: size ?? 0 });
    const bound = sizeBound(core, draft);
    if (first.length !== null && first.length > bound) throw tooMuch(draft, bound);
    return await beginDraft(core, caller, { draft, first });
  } finally {
    leave();
  }
}

async function beginDraft(
  core: Core,
  caller: Caller,
  { draft, first }: { draft: UploadRecord; first: First },
): Promise<UploadState> {
  using lease = core.live.begin(draft);
  const { upload } = lease;
  try {
    const appended = !first.body && draft.size !== 0
      ? await store(core, caller, draft)
      : await beginWithBody(core, caller, { draft, upload, first });
    return await outcome(core, { upload, appended, actor: actorOf(caller) });
  } catch (error) {
    // Whatever is stored of it is loaded again when somebody asks.
    core.live.forget(draft.id);
    throw error;
  }
}

type First = Pick<AppendRequest, "length" | "digests" | "body" | "last">;

function admissionOf({ id, size, concat }: UploadRecord) {
  return { id, bytes: size, session: true, partial: concat?.kind === "partial" };
}

/** The session without any bytes. */
async function store(core: Core, caller: Caller, draft: UploadRecord): Promise<Appended> {
  const { records } = core;
  await core.limits.transact(caller, async (commit, counting) => {
    const own = await records.get<UploadRecord>(keys.upload(draft.id));
    if (own.value) return; // Our own commit, whose answer was lost.
    await counting.admit(admissionOf(draft));
    createUpload(commit, draft, firstLook(core, draft));
    auditOpening(core, commit, { actor: actorOf(caller), draft });
  });
  return { record: draft };
}

async function beginWithBody(
  core: Core,
  caller: Caller,
  { draft, upload, first }: { draft: UploadRecord; upload: LiveUpload; first: First },
): Promise<Appended> {
  const actor = actorOf(caller);
  const { last = false } = first;
  const body = { ...first, body: first.body ?? new Blob([]).stream() };
  const end = sizeBound(core, draft);
  const overflow = () => tooMuch(draft, end);
  const permit = await core.limits.open(caller, admissionOf(draft));
  const claim = await upload.claims.take({ start: 0, end: Infinity }, { now: core.elapsed, takeoverMs: 0 });
  const place = new Place(core, {
    record: draft,
    upload,
    start: 0,
    end,
    overflow,
    sequential: { tail: null },
    permit,
    opener: actor,
  });
  try {
    const appended = await appendBody(core, place, {
      record: draft,
      upload,
      actor,
      claim,
      last,
      body,
    });
    // Nothing came, and nothing is wrong with that.
    if (place.isDraft && !("attachment" in appended) && !("failure" in appended)) {
      await store(core, caller, draft);
    }
    if ("failure" in appended && place.isDraft) throw failedProblem(appended.failure, appended.reason);
    return appended;
  } catch (error) {
    claim.release();
    await giveUp(core, { draft, isStored: !place.isDraft, actor, error });
    throw error;
  } finally {
    place.close();
    claim.release();
  }
}

/** What a body has left that was refused: its sender never learns the address. What only broke off stays. */
async function giveUp(
  core: Core,
  { draft, isStored, actor, error }: {
    draft: UploadRecord;
    isStored: boolean;
    actor: Actor;
    error: unknown;
  },
): Promise<void> {
  // First, so that a commit of which nobody knows how it ended comes too late.
  if (!isStored) await core.limits.giveBack(draft.ownerId, draft.id);
  if (!isRefusal(error)) return;
  if (!isStored) {
    await drop(core, draft);
  } else if (!KEEPS.has((error as Problem).code)) {
    await endWithoutFile(core, draft, { status: "cancelled", actor });
  }
}

const KEEPS = new Set<ProblemCode>(["body-incomplete", "body-stalled", "busy", "disk-full", "stopping"]);
