/** Takes bytes of an upload at any offset: claim, write or compare, sync, record. */
import type { Core } from "../core.ts";
import type { Caller } from "../model.ts";
import { chunkRange, requireRoom } from "./chunk_rules.ts";
import { reasonOfFailure } from "./end.ts";
import { expiresAt, findUpload, requireFresh, requireUploading } from "./find.ts";
import { type ChunkRequest, writeBody } from "./write_body.ts";

export interface ChunkReceipt {
  receivedBytes: number;
  /** Ms since 1970. */
  expiresAt: number;
  /** Bytes of the whole file; null while nobody has said it. */
  size: number | null;
}

/**
 * Resolves when the bytes are on stable storage and recorded. With a digest all of the body counts or nothing;
 * without one what safely arrived counts even when the body breaks. Cancels the body when it throws.
 */
export async function writeChunk(
  core: Core,
  caller: Caller,
  of: { id: string; chunk: ChunkRequest },
): Promise<ChunkReceipt> {
  const leave = core.gate.enter();
  try {
    const record = await findUpload(core, caller, { id: of.id, action: "upload.write" });
    requireUploading(record);
    const { start, end } = chunkRange(core, record, of.chunk);
    using lease = await core.live.open(record);
    const upload = lease.upload;
    requireFresh(core, upload);
    const claim = await upload.claims.take({ start, end }, {
      now: core.elapsed,
      takeoverMs: core.config.uploads.takeoverSeconds * 1000,
    });
    try {
      await core.live.refresh(upload);
      if (of.chunk.length !== null) requireRoom(core, { record, upload, start, end });
      await writeBody(core, { record, upload, claim, chunk: of.chunk });
    } catch (error) {
      throw await reasonOfFailure(core, record, error);
    } finally {
      claim.release();
    }
    return { receivedBytes: upload.received.bytes, expiresAt: expiresAt(core, upload), size: record.size };
  } finally {
    leave();
  }
}
