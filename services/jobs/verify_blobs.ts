/**
 * Reads stored bytes again and compares them with their records. A blob whose bytes are missing or other ones is marked
 * `damaged`: it is not handed out any more, nothing new is put on it, and equal content that comes again is stored
 * anew. When its bytes are right again (restored from a backup), it is used again.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Core } from "../core.ts";
import type { BlobRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { RunEnded, type StepContext, type StepResult } from "./job.ts";

const PIECE = 256 * 1024;
/** Of one step; the last blob may go beyond. */
const STEP_BYTES = 64 * 1024 * 1024;
const STEP_BLOBS = 100;

type Finding = "right" | "missing" | "different";

/** Verifies the next blobs; begins at the first one again when all were looked at. */
export async function verifyBlobs(core: Core, context: StepContext): Promise<StepResult> {
  const { tally } = context;
  const after = context.position === null ? {} : { after: keys.blob(context.position) };
  const page = await core.records.page<BlobRecord>(keys.blobs(), { limit: STEP_BLOBS, ...after });
  const buffer = new Uint8Array(PIECE);
  const end = tally.bytesRead + STEP_BYTES;
  for (const [at, { value: blob }] of page.entries()) {
    await verifyOne(core, context, { blob, buffer });
    const isLast = at === page.length - 1 && page.length < STEP_BLOBS;
    if (isLast) break;
    const position = blob.id;
    if (tally.bytesRead >= core.config.jobs.storedBytes.bytesPerRun) return { next: "later", position };
    if (tally.bytesRead >= end || at === page.length - 1) return { next: "more", position };
  }
  return { next: "done" };
}

async function verifyOne(
  core: Core,
  context: StepContext,
  { blob, buffer }: { blob: BlobRecord; buffer: Uint8Array },
): Promise<void> {
  if (blob.sha256 === null || (blob.state !== "live" && blob.state !== "damaged")) return;
  context.tally.lookedAt++;
  try {
    const finding = await look(core, context, { blob, buffer });
    if (finding === "right") {
      if (blob.state === "damaged") await useAgain(core, context, blob);
      return;
    }
    if (blob.state === "damaged" || await markDamaged(core, blob)) {
      context.tally.damaged++;
      const what = finding === "missing" ? "are missing" : "have another digest than recorded";
      context.report(`Bytes of the blob ${blob.id} (SHA-256 ${blob.sha256}) ${what}.`);
    }
  } catch (error) {
    if (error instanceof RunEnded) throw error;
    context.failed(error); // Those behind it get their turn.
  }
}

async function look(
  core: Core,
  { tally, pulse }: StepContext,
  { blob, buffer }: { blob: BlobRecord; buffer: Uint8Array },
): Promise<Finding> {
  let reader;
  try {
    reader = await core.blobs.openReader(blob.segments);
  } catch (error) {
    if (error instanceof Problem && error.code === "blob-missing") return "missing";
    throw error;
  }
  try {
    const hash = createHash("sha256");
    let sum = 0;
    for (let position = 0; position < blob.size;) {
      await pulse();
      const count = await reader.read(buffer.subarray(0, Math.min(PIECE, blob.size - position)), position);
      if (count === 0) return "missing";
      const bytes = buffer.subarray(0, count);
      hash.update(bytes);
      sum = crc32(bytes, sum);
      position += count;
      tally.bytesRead += count;
    }
    return hash.digest("hex") === blob.sha256 && sum === blob.crc32 ? "right" : "different";
  } finally {
    reader.close();
  }
}

/** False when it was on its way out meanwhile: then its bytes may be missing. */
async function markDamaged({ records }: Core, { id }: BlobRecord): Promise<boolean> {
  return await records.transact(async (commit, tries) => {
    const blob = await records.get<BlobRecord>(keys.blob(id));
    if (blob.value?.state === "damaged") return tries > 1; // By our own commit, whose answer was lost, or another's.
    if (blob.value?.state !== "live") return false;
    const index = await records.get<string>(keys.blobBySha256(blob.value.sha256!));
    commit.check(blob).set(blob.key, { ...blob.value, state: "damaged" });
    if (index.value === id) commit.check(index).delete(index.key);
    return true;
  });
}

/** What it holds may be stored a second time by now, so that it does not come back into the index by content. */
async function useAgain(
  { records }: Core,
  { report }: StepContext,
  { id }: BlobRecord,
): Promise<void> {
  const done = await records.transact(async (commit) => {
    const blob = await records.get<BlobRecord>(keys.blob(id));
    if (blob.value?.state !== "damaged") return false;
    commit.check(blob).set(blob.key, { ...blob.value, state: "live" });
    return true;
  });
  if (done) report(`The bytes of the blob ${id} are right again.`);
}
