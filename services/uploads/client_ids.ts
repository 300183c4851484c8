/** Sessions under ids that their clients chose, as clients do that know of no other. */
import type { Core } from "../core.ts";
import type { Caller, UploadRecord } from "../model.ts";
import { allows } from "../policy.ts";
import { keys } from "../records/keys.ts";
import { findUpload, requireUploading } from "./find.ts";
import { declareSize } from "./length.ts";

/** The caller's newest session under this id, whatever has become of it. */
export async function findByClientId(
  { records }: Core,
  caller: Caller,
  clientId: string,
): Promise<UploadRecord | null> {
  const { value: id } = await records.get<string>(keys.uploadByClientId(caller.id, clientId));
  if (id === null) return null;
  const { value: record } = await records.get<UploadRecord>(keys.upload(id));
  return record && allows(caller, "upload.see", record) ? record : null;
}

/** Says where the file ends, before its last bytes are written; what `declareSize` throws. */
export async function sayLength(
  core: Core,
  caller: Caller,
  { id, size }: { id: string; size: number },
): Promise<void> {
  const record = await findUpload(core, caller, { id, action: "upload.write" });
  requireUploading(record);
  using lease = await core.live.open(record);
  const { upload } = lease;
  const claim = await upload.claims.take({ start: size, end: Infinity }, {
    now: core.elapsed,
    takeoverMs: core.config.uploads.takeoverSeconds * 1000,
  });
  try {
    await declareSize(core, { record, upload, size });
  } finally {
    claim.release();
  }
}
