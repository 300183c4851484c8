/** A whole file in one request: its bytes go straight into a blob, and one commit makes it an attachment. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { actorOf } from "../audit/entry.ts";
import { type FirstLook, firstLook } from "../content/first_look.ts";
import type { Core } from "../core.ts";
import { fileFacts, type FileRequest, requireSize, rulesOf, tooLarge } from "../file_rules.ts";
import { SIGNATURE_BYTES } from "../images/inspect.ts";
import type { Permit } from "../limits/permit.ts";
import type { AttachmentRecord, Caller, FileFacts } from "../model.ts";
import { Problem } from "../problem.ts";
import { openBody } from "./body_source.ts";
import { type ContentDigests, digestCheck } from "./digest_check.ts";
import { finish, type Finished, isRefusal, type StoredContent } from "./finish.ts";

export interface WholeFile {
  /** null: the length is not known beforehand. */
  length: number | null;
  /** Where the length is not known: what it is not longer than, if that is. */
  atMost?: number | null;
  digests: ContentDigests;
  body: ReadableStream<Uint8Array>;
}

/** Bytes in a blob of which no record exists yet: to be made an attachment, or to be dropped. */
export type Received = StoredContent;

/** Resolves when the bytes are on stable storage and the attachment is committed. Nothing stays when it throws. */
export async function storeFile(
  core: Core,
  caller: Caller,
  { file, request }: { file: WholeFile; request: FileRequest },
): Promise<AttachmentRecord> {
  const leave = core.gate.enter();
  try {
    const facts = fileFacts(core.config, request);
    const { maxBytes } = rulesOf(core.config, facts.businessType);
    requireSize(core.config, { businessType: facts.businessType, size: file.length ?? 0 });
    const received = await receive(core, caller, {
      file,
      facts,
      maxBytes,
      refusal: () => tooLarge({ businessType: facts.businessType, maxBytes }),
    });
    return await keep(core, caller, { request, received });
  } finally {
    leave();
  }
}

/** Bytes of the largest file that any business type takes: the bound while the type is not known yet. */
export function widestLimit({ config }: Core): number {
  return Math.max(...Object.values(config.businessTypes).map(({ maxBytes }) => maxBytes));
}

/**
 * Takes a body of at most `maxBytes` into a new blob; a longer one is refused with `refusal`, and a disguised one by its
 * first bytes where `facts` say already what it is called. To be followed by `keep` or `giveUp`, all within one stay in
 * the gate, so that a stop waits for the commit too. Throws what limits say to a new upload, before the first byte is read.
 */
export async function receive(
  core: Core,
  caller: Caller,
  { file, facts, maxBytes, refusal }: {
    file: WholeFile;
    facts?: FileFacts | null;
    maxBytes: number;
    refusal: () => Problem;
  },
): Promise<Received> {
  const { length, atMost = null, digests, body } = file;
  const blobId = core.blobs.newId({ announced: true });
  const permit = await core.limits.open(caller, { id: blobId, bytes: length, atMost, session: false });
  try {
    const content = await write(core, {
      blobId,
      length,
      body,
      digests,
      permit,
      look: facts ? firstLook(core, { facts, blobId, size: length }) : null,
      limit: Math.min(length ?? maxBytes, maxBytes),
      refusal,
    });
    if (length !== null && content.size !== length) {
      throw new Problem(
        "body-incomplete",
        `The body ended after ${content.size} of ${length} bytes. Send the file again.`,
      );
    }
    return { blobId, ...content };
  } catch (error) {
    await giveUp(core, caller, { blobId });
    throw error;
  }
}

/** Makes the attachment, or drops the bytes and throws why not. */
export async function keep(
  core: Core,
  caller: Caller,
  { request, received }: { request: FileRequest & { sha256?: string | undefined }; received: Received },
): Promise<AttachmentRecord> {
  let finished: Finished;
  try {
    const facts = fileFacts(core.config, request);
    requireSize(core.config, { ...facts, size: received.size });
    requireDeclared(request, received);
    const actor = actorOf(caller);
    finished = await finish(core, { ownerId: caller.id, facts, content: received, uploadId: null, actor });
  } catch (error) {
    // First, so that a commit of which nobody knows how it ended comes too late.
    await core.limits.giveBack(caller.id, received.blobId);
    if (isRefusal(error)) await drop(core, received);
    throw error;
  }
  // The file is there now, whatever becomes of the mark or of the superfluous bytes.
  const { attachment, keptOwn } = finished;
  await (keptOwn ? core.blobs.settle(received.blobId) : drop(core, received)).catch((error) =>
    core.background.run("tidy up after upload", () => Promise.reject(error))
  );
  return attachment;
}

function requireDeclared({ sha256 }: { sha256?: string | undefined }, received: Received): void {
  if (sha256 === undefined || sha256 === received.sha256) return;
  throw new Problem(
    "digest-mismatch",
    `The file's SHA-256 is ${received.sha256}, but ${sha256} was declared. Nothing was kept; send the file again.`,
    { extra: { declared: sha256, received: received.sha256 } },
  );
}

/** Removes received bytes that will not become an attachment, and counts nothing for them. */
export async function giveUp(core: Core, caller: Caller, { blobId }: { blobId: string }): Promise<void> {
  await core.limits.giveBack(caller.id, blobId);
  await drop(core, { blobId });
}

/** Removes bytes that did not become an attachment. */
export async function drop({ blobs }: Core, { blobId }: { blobId: string }): Promise<void> {
  await blobs.remove(blobId);
  await blobs.settle(blobId);
}

interface Write {
  blobId: string;
  length: number | null;
  body: ReadableStream<Uint8Array>;
  digests: ContentDigests;
  permit: Permit;
  look: FirstLook | null;
  limit: number;
  refusal: () => Problem;
}

async function write(
  core: Core,
  { blobId, length, body, digests, permit, look, limit, refusal }: Write,
) {
  const source = openBody(body, {
    length,
    pool: core.pool,
    transfers: core.metrics.transfers,
    idleMs: core.config.uploads.idleSeconds * 1000,
    signals: [core.gate.signal],
  });
  const hash = createHash("sha256");
  const check = digestCheck(digests, { sha256Elsewhere: true });
  let size = 0;
  let crc = 0;
  let start: Uint8Array | null = null;
  try {
    const writer = await core.blobs.openWriter(blobId, { announce: true });
    try {
      for (let bytes = await source.next(); bytes; bytes = await source.next()) {
        if (size + bytes.length > limit) throw refusal();
        const permission = permit.pass(size + bytes.length);
        if (permission) await permission;
        start ??= bytes.slice(0, SIGNATURE_BYTES);
        const written = writer.write(size, bytes);
        // The hashes run while the disk works.
        hash.update(bytes);
        crc = crc32(bytes, crc);
        check.update(bytes);
        await written;
        if (look) await look(bytes, size);
        size += bytes.length;
      }
      if (source.failure) throw source.failure;
      const sha256 = hash.digest("hex");
      const mismatch = check.mismatch(sha256);
      if (mismatch) {
        throw new Problem("digest-mismatch", `${mismatch} Nothing was kept; send the file again.`);
      }
      await writer.sync();
      // Without it the file would be opened again just to see that it is no picture.
      const seen = start?.length === Math.min(size, SIGNATURE_BYTES) ? { start } : {};
      return { size, sha256, crc32: crc, ...seen };
    } finally {
      writer.close();
    }
  } finally {
    source.close();
  }
}
