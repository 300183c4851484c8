/** Takes bytes of an upload at any offset: claim, write or compare, sync, record. */
import { actorOf } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import type { Permit } from "../limits/permit.ts";
import type { Caller, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { chunkRange, isFull, requireRoom } from "./chunk_rules.ts";
import type { Claim } from "./claims.ts";
import { failUpload, reasonOfFailure } from "./end.ts";
import { expiresAt, findUpload, requireFresh, requireUploading } from "./find.ts";
import { refusesContent } from "./finish.ts";
import type { LiveUpload } from "./live.ts";
import { Place } from "./place.ts";
import { settle } from "./state.ts";
import { type Body, writeBody } from "./write_body.ts";

export interface ChunkRequest extends Body {
  /** Bytes from the file's start. */
  offset: number;
}

export interface ChunkReceipt {
  receivedBytes: number;
  /** Ms since 1970. */
  expiresAt: number;
  /** Bytes of the whole file; null while nobody has said it. */
  size: number | null;
}

/**
 * Resolves when the bytes are on stable storage and recorded. With a digest all of the body counts or nothing;
 * without one what safely arrived counts even when the body breaks. Cancels the body when it throws; after
 * `content-mismatch`, thrown as soon as the file's first bytes are not what its name says, the session has failed.
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
    requireOwnBytes(record);
    const { start, end } = chunkRange(core, record, of.chunk);
    using lease = await core.live.open(record);
    const upload = lease.upload;
    requireFresh(core, upload);
    const claim = await upload.claims.take({ start, end }, {
      now: core.elapsed,
      takeoverMs: core.config.uploads.takeoverSeconds * 1000,
    });
    let refusal: Problem | null = null;
    try {
      await core.live.refresh(upload);
      if (of.chunk.length !== null) requireRoom(core, { record, upload, start, end });
      const permit = await core.limits.goOn(caller, record.id);
      await fill(core, { record, upload, claim, permit, chunk: of.chunk });
    } catch (error) {
      if (!refusesContent(error)) throw await reasonOfFailure(core, record, error);
      refusal = error;
    } finally {
      claim.release();
    }
    if (refusal) {
      // Its other bytes cannot make another file of it.
      const { message: failure, code: reason } = refusal;
      await failUpload(core, record, { failure, reason, actor: actorOf(caller) });
      throw refusal;
    }
    if (record.concat) await settle(core, { record, upload, actor: actorOf(caller) }); // Others may have waited for its last byte.
    return { receivedBytes: upload.received.bytes, expiresAt: expiresAt(core, upload), size: record.size };
  } finally {
    leave();
  }
}

/** Throws `forbidden` for a final upload: its bytes are those of its parts. */
export function requireOwnBytes({ concat }: UploadRecord): void {
  if (concat?.kind !== "final") return;
  throw new Problem("forbidden", "This upload is made of others; send the bytes to those.");
}

async function fill(
  core: Core,
  { record, upload, claim, permit, chunk }: {
    record: UploadRecord;
    upload: LiveUpload;
    claim: Claim;
    permit: Permit;
    chunk: ChunkRequest;
  },
): Promise<void> {
  const { start, end } = claim;
  const place = new Place(core, { record, upload, start, end, permit, overflow: () => tooLong(claim) });
  try {
    await writeBody(core, place, { claim, body: chunk, keepsParts: !isFull(core, { record, upload }) });
    if (chunk.length === null) {
      if (place.position === start) {
        throw new Problem("chunk-too-small", "The body is empty. Send at least one byte.");
      }
      requireRoom(core, { record, upload, start, end: place.position });
    }
    await place.commit();
  } finally {
    place.close();
  }
}

function tooLong({ start, end }: Claim): Problem {
  return new Problem(
    "chunk-too-large",
    `The body has more than the ${end - start} bytes that may come at offset ${start}.`,
  );
}
