/** The byte path of a chunk: bytes that are new are written at their place, recorded ones are compared. */
import { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import type { BlobReader, BlobWriter } from "../blobs/blob_store.ts";
import type { Core } from "../core.ts";
import type { UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { type BodySource, openBody } from "./body_source.ts";
import { isFull, requireRoom } from "./chunk_rules.ts";
import type { Claim } from "./claims.ts";
import { type ContentDigests, type DigestCheck, digestCheck } from "./digest_check.ts";
import type { LiveUpload } from "./live.ts";
import { recordChunks, type WrittenChunk } from "./record_chunks.ts";
import type { Piece } from "./spans.ts";

/** Without a digest, what arrived is made to count at least this often. */
const CHECKPOINT_BYTES = 8 * 1024 * 1024;
const CHECKPOINT_MS = 1000;

export interface ChunkRequest {
  /** Bytes from the file's start. */
  offset: number;
  /** Bytes of the body; null when it was sent without a length. */
  length: number | null;
  digests: ContentDigests;
  body: ReadableStream<Uint8Array>;
}

interface Work {
  record: UploadRecord;
  upload: LiveUpload;
  claim: Claim;
  chunk: ChunkRequest;
}

/** A stretch that this request writes; it grows with the body. */
interface Fresh {
  offset: number;
  size: number;
  recordedSize: number;
  hash: Hash;
}

/** Throws the `Problem` that ended the body, after what counts has been recorded. */
export async function writeBody(core: Core, { record, upload, claim, chunk }: Work): Promise<void> {
  const source = openBody(chunk.body, {
    pool: core.pool,
    idleMs: core.config.uploads.idleSeconds * 1000,
    signals: [claim.signal, core.gate.signal],
    onWait: (waiting) => claim.waitingSince = waiting ? core.elapsed() : null,
  });
  const place = new Place(core, { record, upload, claim });
  const declared = Object.values(chunk.digests).some((digest) => digest !== undefined);
  const keepsParts = !declared && !isFull(core, { record, upload });
  // Where all is new, the chunk's own hash is that of the body.
  const check = digestCheck(chunk.digests, { sha256Elsewhere: place.isNew });
  try {
    const end = await takeAll(source, { place, check, checkpoints: keepsParts });
    if (source.failure) {
      if (keepsParts) await place.commit();
      throw source.failure;
    }
    if (chunk.length !== null && end !== claim.end) throw tooShort(claim, end);
    const mismatch = check.mismatch(place.isNew ? place.sha256() : undefined);
    if (mismatch) {
      throw new Problem("digest-mismatch", `${mismatch} Nothing of this chunk was kept; send it again.`);
    }
    if (chunk.length === null) {
      if (end === claim.start) {
        throw new Problem("chunk-too-small", "The body is empty. Send at least one byte.");
      }
      requireRoom(core, { record, upload, start: claim.start, end });
    }
    await place.commit();
  } finally {
    source.close();
    place.close();
  }
}

/** Where the body ended, bytes from the file's start, exclusive. */
async function takeAll(
  source: BodySource,
  { place, check, checkpoints }: { place: Place; check: DigestCheck; checkpoints: boolean },
): Promise<number> {
  let committedAt = performance.now();
  for (let bytes = await source.next(); bytes; bytes = await source.next()) {
    const written = place.take(bytes);
    // The hash runs while the disk works.
    check.update(bytes);
    await written;
    if (!checkpoints) continue;
    if (place.uncommitted >= CHECKPOINT_BYTES || performance.now() - committedAt >= CHECKPOINT_MS) {
      await place.commit();
      committedAt = performance.now();
    }
  }
  return place.position;
}

/** The stretch of the file that a claim holds, filled from its start on. */
class Place {
  readonly #core: Core;
  readonly #work: Omit<Work, "chunk">;
  /** Fixed while the claim is held: nobody else records anything here. */
  readonly #pieces: Piece[];
  readonly #fresh: Fresh[] = [];
  readonly #id = crypto.randomUUID();
  #writer: BlobWriter | null = null;
  #reader: BlobReader | null = null;
  #comparison: Uint8Array | null = null;
  #piece = 0;
  /** Bytes from the file's start. */
  position: number;
  /** New bytes that do not count yet. */
  uncommitted = 0;

  constructor(core: Core, work: Omit<Work, "chunk">) {
    this.#core = core;
    this.#work = work;
    this.#pieces = work.upload.received.split(work.claim.start, work.claim.end);
    this.position = work.claim.start;
  }

  /** Whether none of the stretch was recorded before. */
  get isNew(): boolean {
    return this.#pieces.length === 1 && !this.#pieces[0]!.recorded;
  }

  /** Of the bytes taken, lower-case hex, when all of them are new. */
  sha256(): string {
    return (this.#fresh[0]?.hash.copy() ?? createHash("sha256")).digest("hex");
  }

  /** Writes or compares the next bytes. They must not change until it resolves. */
  async take(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      const piece = this.#pieces[this.#piece];
      if (!piece) throw tooLong(this.#work.claim);
      const part = rest.subarray(0, piece.end - this.position);
      await (piece.recorded ? this.#compare(part) : this.#write(part, piece));
      this.position += part.length;
      if (this.position === piece.end) this.#piece++;
      rest = rest.subarray(part.length);
    }
  }

  async #write(part: Uint8Array, piece: Piece): Promise<void> {
    this.#writer ??= await this.#core.blobs.openWriter(this.#work.record.blobId);
    if (this.position === piece.start) {
      this.#fresh.push({ offset: piece.start, size: 0, recordedSize: 0, hash: createHash("sha256") });
    }
    const fresh = this.#fresh.at(-1)!;
    const written = this.#writer.write(this.position, part);
    fresh.hash.update(part);
    await written;
    fresh.size += part.length;
    this.uncommitted += part.length;
  }

  async #compare(part: Uint8Array): Promise<void> {
    const { record } = this.#work;
    const { blobs } = this.#core;
    this.#reader ??= await blobs.openReader(
      blobs.segments(record.blobId, this.#pieces.findLast((p) => p.recorded)!.end),
    );
    this.#comparison ??= new Uint8Array(64 * 1024);
    for (let at = 0; at < part.length;) {
      const wanted = this.#comparison.subarray(0, part.length - at);
      const count = await this.#reader.read(wanted, this.position + at);
      const mine = part.subarray(at, at + count);
      if (count === 0 || Buffer.compare(mine, wanted.subarray(0, count)) !== 0) {
        throw conflict(this.position + at);
      }
      at += count;
    }
  }

  /** Makes what was written count. */
  async commit(): Promise<void> {
    const grown = this.#fresh.filter((fresh) => fresh.size > fresh.recordedSize);
    if (grown.length === 0) return;
    await this.#writer!.sync();
    const { record, upload } = this.#work;
    const chunks: WrittenChunk[] = grown.map(({ offset, size, hash }) => ({
      offset,
      size,
      sha256: hash.copy().digest("hex"),
    }));
    await recordChunks(this.#core, upload, { chunks, writer: this.#id, blobId: record.blobId });
    for (const fresh of grown) fresh.recordedSize = fresh.size;
    this.uncommitted = 0;
  }

  close(): void {
    this.#writer?.close();
    this.#reader?.close();
  }
}

function conflict(near: number): Problem {
  return new Problem(
    "chunk-conflict",
    `The bytes sent differ from those recorded before, at or behind offset ${near}. Is it another file, or did it change? Open a new upload for it.`,
  );
}

function tooLong({ start, end }: Claim): Problem {
  return new Problem(
    "chunk-too-large",
    `The body has more than the ${end - start} bytes that may come at offset ${start}.`,
  );
}

/** HTTP/1.1 bodies cannot end like this; the second bar for others. */
function tooShort({ start, end }: Claim, at: number): Problem {
  return new Problem(
    "body-incomplete",
    `The body ended after ${at - start} of ${end - start} bytes. Send them again.`,
  );
}
