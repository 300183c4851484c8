/** Uploads made of other uploads: a final one lists the bytes of its parts in order, and copies none. */
import { actorOf } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import { requireSize } from "../file_rules.ts";
import type { BlobRecord, Caller, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { addUser, discard, prepareMadeBlob, useMadeBlob } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { createFinal } from "../records/uploads.ts";
import type { BeginRequest } from "./begin.ts";
import { auditOpening, draftOf, MAX_METADATA } from "./draft.ts";
import { removeOwnBlob } from "./end.ts";
import { findUpload, firstLook, requireFresh, requireUploading } from "./find.ts";
import { readParts, sumOf } from "./parts.ts";
import { lookAgain, type UploadState } from "./state.ts";

/** Parts of one final upload: each is a file of its own, held open while the whole is read. */
export const MAX_PARTS = 100;

/** After that long a final upload that did not come into being is swept; making one takes no such time. */
const PREPARED_MS = 3_600_000;

export interface FinalRequest extends Omit<BeginRequest, "size" | "partial" | "first"> {
  /** Ids of partial uploads in their order; one may come twice. They may still be unfinished. */
  parts: string[];
  /** The list as the client wrote it, given back as it is. */
  header: string;
}

/**
 * Finished at once when all parts are whole, else as soon as the last one is. From here on the parts' bytes stay for
 * as long as the final upload or its file needs them, whatever becomes of the parts.
 *
 * Throws what `beginUpload` throws of a file; `not-found` for a part that is not there or not the caller's, what has
 * become of one that ended, `invalid-request` for one that is no part, and for too many or none.
 */
export async function beginFinal(core: Core, caller: Caller, request: FinalRequest): Promise<UploadState> {
  const leave = core.gate.enter();
  try {
    if (request.header.length > MAX_METADATA) {
      throw new Problem("invalid-request", `The list of parts has more than ${MAX_METADATA} characters.`);
    }
    const parts = await findParts(core, caller, request.parts);
    const concat = { kind: "final" as const, parts, header: request.header };
    const draft = draftOf(core, caller, { ...request, size: null, partial: false, concat });
    const size = sumOf(await readParts(core, draft));
    requireSize(core.config, { businessType: draft.businessType, size: size ?? 0 });
    await make(core, caller, draft);
    return await lookAgain(core, draft, actorOf(caller));
  } finally {
    leave();
  }
}

async function findParts(
  core: Core,
  caller: Caller,
  ids: string[],
): Promise<{ id: string; blobId: string }[]> {
  if (ids.length === 0 || ids.length > MAX_PARTS) {
    throw new Problem(
      "invalid-request",
      `A final upload is made of 1 to ${MAX_PARTS} parts; ${ids.length} are named.`,
      { extra: { maxParts: MAX_PARTS } },
    );
  }
  const found = new Map<string, UploadRecord>();
  for (const id of new Set(ids)) {
    const part = await findUpload(core, caller, { id, action: "upload.write" });
    if (part.concat?.kind !== "partial") {
      throw new Problem("invalid-request", `Upload ${id} was not begun as a part of another one.`);
    }
    requireUploading(part);
    using lease = await core.live.open(part);
    requireFresh(core, lease.upload);
    found.set(id, part);
  }
  return ids.map((id) => ({ id, blobId: found.get(id)!.blobId }));
}

/**
 * First the blob, which the sweep would take; then a reference for each part; then the session, which needs both. So
 * whatever a crash leaves is released by the sweep.
 */
async function make(core: Core, caller: Caller, draft: UploadRecord): Promise<void> {
  const { records, now } = core;
  const { blobId, concat } = draft;
  const parts = [...new Map(concat?.kind === "final" ? concat.parts.map((p) => [p.blobId, p.id]) : [])];
  const sweepAt = now() + PREPARED_MS;
  await records.transact((commit) => {
    prepareMadeBlob(commit, { id: blobId, parts: parts.map(([part]) => part), sweepAt });
    return Promise.resolve();
  });
  try {
    for (const [part, id] of parts) await refer(core, draft, { part, id });
    await core.limits.transact(caller, async (commit, counting) => {
      const own = await records.get<UploadRecord>(keys.upload(draft.id));
      if (own.value) return; // Our own commit, whose answer was lost.
      await counting.join({ id: draft.id, parts: parts.map(([, id]) => id) });
      const blob = await records.get<BlobRecord>(keys.blob(blobId));
      if (blob.value?.state !== "condemned") throw new Problem("busy", "This took too long. Try again.");
      useMadeBlob(commit, blob);
      createFinal(commit, draft, firstLook(core, draft));
      auditOpening(core, commit, { actor: actorOf(caller), draft });
    });
  } catch (error) {
    await abandon(core, draft).catch(() => {}); // The sweep comes in any case.
    throw error;
  }
}

/** A reference to one part, once. */
async function refer(
  core: Core,
  draft: UploadRecord,
  { part, id }: { part: string; id: string },
): Promise<void> {
  const { records } = core;
  await records.transact(async (commit) => {
    const use = await records.get(keys.blobUser(part, draft.blobId));
    if (use.value !== null) return; // Our own commit, whose answer was lost.
    const blob = await records.get<BlobRecord>(keys.blob(part));
    if (blob.value?.state !== "uploading") {
      const { value } = await records.get<UploadRecord>(keys.upload(id));
      requireUploading(value);
      throw new Problem("busy", "A part of the upload changes right now. Try again in a moment.");
    }
    addUser(commit, blob, { user: draft.blobId, uploadId: draft.id });
  });
}

/** Takes back what `make` has done, unless the session is there after all. */
async function abandon(core: Core, { blobId }: UploadRecord): Promise<void> {
  const { records, now } = core;
  await records.transact(async (commit) => {
    const blob = await records.get<BlobRecord>(keys.blob(blobId));
    if (blob.value?.state !== "condemned") return;
    commit.check(blob);
    discard(commit, blob.value, { state: "deleting", sweepAt: now() });
  });
  await removeOwnBlob(core, blobId);
}
