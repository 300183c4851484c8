/** The bytes of an append: recorded, or made the file at once when they are the last ones. */
import type { Actor } from "../audit/entry.ts";
import type { ContentDigest } from "../blobs/blob_store.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord, UploadRecord } from "../model.ts";
import { Problem, type ProblemCode } from "../problem.ts";
import type { Claim } from "./claims.ts";
import { finish, type Finished, refusesContent } from "./finish.ts";
import { mismatchFailure, tidyUp } from "./finishing.ts";
import { declareSize } from "./length.ts";
import type { LiveUpload } from "./live.ts";
import type { Place } from "./place.ts";
import { type Body, writeBody } from "./write_body.ts";
import { drop } from "./whole_file.ts";

interface Work {
  record: UploadRecord;
  upload: LiveUpload;
  /** Who sends it. */
  actor: Actor;
  claim: Claim;
  /** The file ends where the body ends. */
  last: boolean;
  body: Body;
}

/** `record` as it is now, and the file if these were the last bytes. `failure`: it is not the file that was declared. */
export type Appended =
  | { record: UploadRecord }
  | { record: UploadRecord; attachment: AttachmentRecord }
  | { record: UploadRecord; failure: string; reason: ProblemCode };

/**
 * When the whole file came through the hashes on its way, the commit that finishes it is the one that makes its last
 * bytes count; otherwise they are recorded, and the caller looks further.
 */
export async function appendBody(
  core: Core,
  place: Place,
  { record, upload, actor, claim, last, body }: Work,
): Promise<Appended> {
  try {
    await writeBody(core, place, { claim, body });
  } catch (error) {
    if (!refusesContent(error)) throw error;
    return { record, failure: error.message, reason: error.code };
  }
  const end = place.position;
  const size = record.size ?? (last ? end : null);
  const ends = size === end && upload.received.end <= end && !record.concat;
  const digest = ends ? place.wholeDigest() : null;
  if (digest) {
    await place.sync();
    return await finishHere(core, place, { record, upload, actor, size: end, digest });
  }
  await place.commit();
  if (last) {
    if (record.size !== null && record.size !== end) throw endsElsewhere(record.size, end);
    record = await declareSize(core, { record, upload, size: end });
  }
  return { record };
}

async function finishHere(
  core: Core,
  place: Place,
  { record, upload, actor, size, digest }: {
    record: UploadRecord;
    upload: LiveUpload;
    actor: Actor;
    size: number;
    digest: ContentDigest;
  },
): Promise<Appended> {
  const { blobId, ownerId, id: uploadId, sha256 } = record;
  if (sha256 !== null && sha256 !== digest.sha256) {
    return { record, failure: mismatchFailure(digest.sha256, sha256), reason: "digest-mismatch" };
  }
  // A body that was refused may have been longer, while nobody had said the length.
  if (record.size === null && !place.isDraft) await core.blobs.trim(blobId, size);
  const content = { blobId, size, ...digest };
  let finished: Finished;
  try {
    const draft = place.isDraft ? record : null;
    finished = await finish(core, { ownerId, facts: record, content, uploadId, draft, actor });
  } catch (error) {
    // The session has learned another digest meanwhile, or the content is not what it may be.
    const learned = error instanceof Problem && error.code === "digest-mismatch";
    if (!learned && !refusesContent(error)) throw error;
    return { record, failure: (error as Problem).message, reason: (error as Problem).code };
  }
  const { attachment, keptOwn } = finished;
  upload.received.add(0, size);
  core.live.forget(uploadId);
  if (!place.isDraft) tidyUp(core, record, { keptOwn });
  else {
    const tidied = keptOwn ? core.blobs.settle(blobId) : drop(core, { blobId });
    core.background.run("tidy up after upload", () => tidied);
  }
  return { record, attachment };
}

function endsElsewhere(size: number, end: number): Problem {
  return new Problem(
    "inconsistent-length",
    `The upload has ${size} bytes in all, but this is its end at ${end}.`,
  );
}
