/** How long an upload is, when that was not said at its start. */
import type { Core } from "../core.ts";
import { requireSize } from "../file_rules.ts";
import type { UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { findKeys } from "../records/uploads.ts";
import { requireUploading } from "./find.ts";
import type { LiveUpload } from "./live.ts";

/**
 * Stores the length, once; the same one again is fine. The caller holds a claim from the end of the front on, so that
 * nobody records bytes behind it meanwhile. Throws `inconsistent-length` when another one is known or more has been
 * received, `file-too-large`, and what limits say to bytes that were not counted yet.
 */
export async function declareSize(
  core: Core,
  { record, upload, size }: { record: UploadRecord; upload: LiveUpload; size: number },
): Promise<UploadRecord> {
  if (record.size === size) return record;
  requireSize(core.config, { businessType: record.businessType, size });
  const { ownerId, id } = record;
  // Bodies that were refused may have been longer.
  if (upload.received.end <= size) await core.blobs.trim(record.blobId, size);
  return await core.limits.inTurn(ownerId, () =>
    core.records.transact(async (commit) => {
      const entry = await core.records.get<UploadRecord>(keys.upload(record.id));
      requireUploading(entry.value);
      const before = entry.value;
      if (before.size === size) return before;
      if (before.size !== null) {
        throw contradiction(`This upload has ${before.size} bytes, not ${size}.`);
      }
      const { end } = upload.received;
      if (end > size) throw contradiction(`${end} bytes have come, so that there cannot be ${size} in all.`);
      const after = { ...before, size };
      await core.limits.resize(commit, { ownerId, id, bytes: size });
      commit.check(entry).set(entry.key, after);
      for (const key of findKeys(after)) commit.set(key, after.id);
      return after;
    }));
}

function contradiction(what: string): Problem {
  return new Problem("inconsistent-length", `${what} A length that was said once stays.`);
}
