/** What an open upload has acknowledged, against its bytes. */
import type { UploadRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import type { ChunkRecord } from "../records/uploads.ts";
import { forgetChunks } from "../uploads/forget_chunks.ts";
import { compareBytes, PIECE } from "./damage.ts";
import { type Check, confirmed, pagesOf, type Step } from "./looking.ts";

type ChunkEntry = Deno.KvEntry<ChunkRecord>;

/** One finding for all that is lost of an upload. */
export async function* checkChunks(check: Check, upload: Deno.KvEntry<UploadRecord>): AsyncGenerator<Step> {
  const { core } = check;
  const { id } = upload.value;
  const lost = { count: 0, bytes: 0 };
  const buffer = check.bytes ? new Uint8Array(PIECE) : null;
  for await (const page of pagesOf<ChunkRecord>(core, keys.uploadChunks(id))) {
    for (const chunk of await lostOf(check, { upload: upload.value, page, buffer })) {
      lost.count++;
      lost.bytes += chunk.value.size;
    }
    if (buffer) yield null;
  }
  if (lost.count === 0) return;
  yield await confirmed({
    kind: "lost-chunk",
    subject: id,
    text:
      `Of the open upload ${id} ${lost.bytes} bytes (${lost.count} stretches) are lost that were acknowledged.`,
    repair: {
      async attempt(commit) {
        const { value, versionstamp } = await core.records.get<UploadRecord>(upload.key);
        if (value?.status !== "uploading") return false;
        commit.check({ key: upload.key, versionstamp });
        return true;
      },
      after: () =>
        forgetChunks(core, upload.value, (page) => lostOf(check, { upload: upload.value, page, buffer })),
    },
  });
}

/** Those of `page` whose bytes are not all there, or other ones where these are read. */
async function lostOf(
  check: Check,
  { upload: { blobId }, page, buffer }: {
    upload: UploadRecord;
    page: ChunkEntry[];
    buffer: Uint8Array | null;
  },
): Promise<ChunkEntry[]> {
  const { core } = check;
  const end = (await core.blobs.stat(blobId))?.size ?? 0;
  const lost: ChunkEntry[] = [];
  for (const chunk of page) {
    const { size, sha256 } = chunk.value;
    const offset = chunk.key.at(-1) as number;
    if (offset + size > end) lost.push(chunk);
    else if (buffer) {
      const segments = [{ file: blobId, offset, length: size }];
      const recorded = { segments, size, sha256, crc32: null };
      if (await compareBytes(core, recorded, { buffer, onBytes: check.countBytes }) !== "right") {
        lost.push(chunk);
      }
    }
  }
  return lost;
}
