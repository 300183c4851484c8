/** Takes back what an open upload has acknowledged and the disk has lost, so that its client sends these bytes again. */
import type { Core } from "../core.ts";
import type { UploadRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import type { ChunkRecord } from "../records/uploads.ts";
import { requireUploading } from "./find.ts";

const PAGE = 400;

type ChunkEntry = Deno.KvEntry<ChunkRecord>;

/**
 * `lostOf` names those of some chunks whose bytes are lost. Nobody writes meanwhile: throws `chunk-busy` when somebody
 * does, and what became of the upload when it has ended.
 */
export async function forgetChunks(
  core: Core,
  record: UploadRecord,
  lostOf: (chunks: ChunkEntry[]) => Promise<ChunkEntry[]>,
): Promise<void> {
  const { records } = core;
  using lease = await core.live.open(record);
  const { upload } = lease;
  const claim = await upload.claims.take({ start: 0, end: Infinity }, {
    now: core.elapsed,
    takeoverMs: core.config.uploads.takeoverSeconds * 1000,
  });
  claim.waitingSince = null;
  try {
    let after: Deno.KvKey | undefined;
    for (;;) {
      const page = await records.page<ChunkRecord>(keys.uploadChunks(record.id), {
        limit: PAGE,
        ...(after && { after }),
      });
      const lost = await lostOf(page);
      await records.transact(async (commit) => {
        const session = await records.get<UploadRecord>(keys.upload(record.id));
        requireUploading(session.value);
        commit.check(session);
        for (const { key } of lost) commit.delete(key);
      });
      for (const { key, value } of lost) {
        const offset = key.at(-1) as number;
        upload.received.remove(offset, offset + value.size);
        upload.chunks--;
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.key;
    }
    upload.tail = null;
    core.blobs.forgetHash(record.blobId);
  } finally {
    claim.release();
  }
}
