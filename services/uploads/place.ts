/** A stretch of an upload, filled from its start on: bytes that are new are written at their place, recorded ones are compared. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Actor } from "../audit/entry.ts";
import type { BlobReader, BlobWriter, ContentDigest } from "../blobs/blob_store.ts";
import { type FirstLook, firstLook } from "../content/first_look.ts";
import type { Core } from "../core.ts";
import { SIGNATURE_BYTES } from "../images/inspect.ts";
import type { Permit } from "../limits/permit.ts";
import type { UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import type { LiveUpload, Tail } from "./live.ts";
import { recordChunks } from "./record_chunks.ts";
import type { Piece } from "./spans.ts";

export interface PlaceOptions {
  record: UploadRecord;
  upload: LiveUpload;
  /** Bytes from the file's start; held by the caller's claim. */
  start: number;
  /** Exclusive; the farthest possible one when it is not known where the body ends. */
  end: number;
  /** What a body is told that goes on behind `end`. */
  overflow: () => Problem;
  /**
   * Bytes will follow behind: the record that ends at `start` is made longer instead of beginning another one, and
   * what is recorded last may be made longer by the next.
   */
  sequential?: { tail: Tail | null };
  /** What limits say to its bytes. */
  permit: Permit;
  /** The session is not stored yet: the first commit stores it, as opened by this one. */
  opener?: Actor;
}

/** A stretch that this request writes; it grows with the body. */
interface Fresh extends Tail {
  /** Bytes of it that count; `size` are written. */
  recordedSize: number;
  /** Bytes in its hashes: ahead of `size` while a write is under way, for ever when it failed. */
  hashedSize: number;
}

export class Place {
  readonly #core: Core;
  readonly #options: PlaceOptions;
  /** Fixed while the claim is held: nobody else records anything here. */
  readonly #pieces: Piece[];
  readonly #fresh: Fresh[] = [];
  readonly #id = crypto.randomUUID();
  readonly #look: FirstLook | null;
  #writer: BlobWriter | null = null;
  #reader: BlobReader | null = null;
  #comparison: Uint8Array | null = null;
  #piece = 0;
  /** Bytes from the file's start. */
  position: number;
  /** New bytes that do not count yet. */
  uncommitted = 0;
  /** Whether the session is still to be stored. */
  isDraft: boolean;

  constructor(core: Core, options: PlaceOptions) {
    this.#core = core;
    this.#options = options;
    this.#pieces = options.upload.received.split(options.start, options.end);
    this.position = options.start;
    this.isDraft = options.opener !== undefined;
    const { record } = options;
    // A part is no file yet.
    this.#look = record.concat ? null : firstLook(core, { ...record, facts: record });
  }

  get start(): number {
    return this.#options.start;
  }

  /** To be waited for before `bytes` more are taken; undefined: they may be at once. Throws what limits say. */
  permission(bytes: number): Promise<void> | undefined {
    return this.#options.permit.pass(this.position + bytes);
  }

  /** Whether its own hash is that of the body: none of it was recorded before, and it makes no record longer. */
  get isNew(): boolean {
    return !this.#options.sequential?.tail && this.#pieces.length === 1 && !this.#pieces[0]!.recorded;
  }

  /** Of the bytes taken, lower-case hex, when all of them are new. */
  sha256(): string {
    return (this.#fresh[0]?.sha256.copy() ?? createHash("sha256")).digest("hex");
  }

  /** Of the file from its very start to `position`, when all of that went through these hashes; else null. */
  wholeDigest(): ContentDigest & Pick<Tail, "start"> | null {
    if (this.position === 0) return { sha256: createHash("sha256").digest("hex"), crc32: 0 };
    const [fresh, ...others] = this.#fresh;
    if (others.length > 0 || fresh?.offset !== 0 || fresh.hashedSize !== this.position) return null;
    return digestOf(fresh);
  }

  /** Writes or compares the next bytes. They must not change until it resolves. Throws `content-mismatch`. */
  async take(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      const piece = this.#pieces[this.#piece];
      if (!piece) throw this.#options.overflow();
      const part = rest.subarray(0, piece.end - this.position);
      await (piece.recorded ? this.#compare(part) : this.#write(part, piece));
      this.position += part.length;
      if (this.position === piece.end) this.#piece++;
      rest = rest.subarray(part.length);
    }
  }

  async #write(part: Uint8Array, piece: Piece): Promise<void> {
    const { blobId } = this.#options.record;
    this.#writer ??= await this.#core.blobs.openWriter(blobId, { announce: this.isDraft });
    if (this.position === piece.start) this.#fresh.push(this.#newFresh(piece));
    const fresh = this.#fresh.at(-1)!;
    const written = this.#writer.write(this.position, part);
    // The hashes run while the disk works.
    fresh.sha256.update(part);
    if (fresh.offset === 0) fresh.crc32 = crc32(part, fresh.crc32);
    if (this.position === 0 && isStart(part, this.#options.record.size)) {
      fresh.start = part.slice(0, SIGNATURE_BYTES);
    }
    fresh.hashedSize += part.length;
    await written;
    fresh.size += part.length;
    this.uncommitted += part.length;
    if (this.#look && fresh.offset === 0) await this.#look(part, this.position);
  }

  #newFresh({ start }: Piece): Fresh {
    const tail = this.#options.sequential?.tail;
    if (tail && tail.offset + tail.size === start) {
      // A copy: bytes may be hashed that will not count.
      return { ...tail, sha256: tail.sha256.copy(), recordedSize: tail.size, hashedSize: tail.size };
    }
    const sha256 = createHash("sha256");
    return { offset: start, size: 0, sha256, crc32: 0, writer: this.#id, recordedSize: 0, hashedSize: 0 };
  }

  async #compare(part: Uint8Array): Promise<void> {
    const { blobs } = this.#core;
    this.#reader ??= await blobs.openReader(
      blobs.segments(this.#options.record.blobId, this.#pieces.findLast((p) => p.recorded)!.end),
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

  /** Resolves when all that was written is on stable storage. */
  async sync(): Promise<void> {
    await this.#writer?.sync();
  }

  /** Makes what was written count. To be called between two `take`s; the next may begin before it resolves. */
  async commit(): Promise<void> {
    const grown = this.#fresh.filter((fresh) => fresh.size > fresh.recordedSize);
    if (grown.length === 0) return;
    const chunks = grown.map(({ offset, size, sha256, writer }) => ({
      offset,
      size,
      sha256: sha256.copy().digest("hex"),
      writer,
    }));
    const bytes = this.uncommitted;
    await this.sync();
    const { record, upload, opener } = this.#options;
    const unstored = this.isDraft ? { draft: record, actor: opener! } : null;
    await recordChunks(this.#core, upload, { chunks, unstored });
    grown.forEach((fresh, index) => fresh.recordedSize = chunks[index]!.size);
    this.uncommitted -= bytes;
    if (this.isDraft) {
      this.isDraft = false;
      this.#core.background.run("settle a begun upload", () => this.#core.blobs.settle(record.blobId));
    }
    // Whoever hashes all bytes from the start on needs nobody to read them again.
    if (this.#options.sequential && this.#fresh[0]!.offset === 0) return;
    this.#core.blobs.hashAhead(record.blobId, upload.received.front);
  }

  /** Gives the handles back. */
  close(): void {
    const { upload, sequential } = this.#options;
    const last = this.#fresh.at(-1);
    if (sequential && last && last.recordedSize > 0) {
      const known = last.recordedSize === last.hashedSize && upload.settledDoubts === upload.doubts;
      upload.tail = known ? last : null;
    }
    this.#writer?.close();
    this.#reader?.close();
  }
}

/** What a stretch says of the file when it is all of it. */
export function digestOf({ sha256, crc32, start }: Tail): ContentDigest & Pick<Tail, "start"> {
  return { sha256: sha256.copy().digest("hex"), crc32, ...(start && { start }) };
}

/** Whether the first bytes to come are enough to see what the file is. */
function isStart(bytes: Uint8Array, size: number | null): boolean {
  return bytes.length >= Math.min(SIGNATURE_BYTES, size ?? Infinity);
}

function conflict(near: number): Problem {
  return new Problem(
    "chunk-conflict",
    `The bytes sent differ from those recorded before, at or behind offset ${near}. Is it another file, or did it change? Open a new upload for it.`,
  );
}
