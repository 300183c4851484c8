/**
 * Reads stored bytes again and compares them with their records. A blob whose bytes are missing or other ones is marked
 * `damaged`: it is not handed out any more, nothing new is put on it, and equal content that comes again is stored
 * anew. When its bytes are right again (restored from a backup), it is used again.
 */
import type { Core } from "../core.ts";
import { addDamage, addHealing, compareBytes, PIECE } from "../maintenance/damage.ts";
import type { BlobRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import { RunEnded, type StepContext, type StepResult } from "./job.ts";

/** Of one step; the last blob may go beyond. */
const STEP_BYTES = 64 * 1024 * 1024;
const STEP_BLOBS = 100;

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
  const { tally, pulse } = context;
  tally.lookedAt++;
  try {
    const onBytes = async (count: number) => {
      tally.bytesRead += count;
      await pulse();
    };
    const finding = await compareBytes(core, blob, { buffer, onBytes });
    if (finding === "right") {
      if (blob.state === "damaged") await useAgain(core, context, blob);
      return;
    }
    if (blob.state === "damaged" || await markDamaged(core, blob)) {
      tally.damaged++;
      const what = finding === "missing" ? "are missing" : "have another digest than recorded";
      context.report(`Bytes of the blob ${blob.id} (SHA-256 ${blob.sha256}) ${what}.`);
    }
  } catch (error) {
    if (error instanceof RunEnded) throw error;
    context.failed(error); // Those behind it get their turn.
  }
}

/** False when it was on its way out meanwhile: then its bytes may be missing. */
async function markDamaged(core: Core, { id }: BlobRecord): Promise<boolean> {
  return await core.records.transact(async (commit, tries) => {
    if (await addDamage(core, commit, id)) return true;
    if (tries === 1) return false;
    // By our own commit, whose answer was lost, or another's.
    return (await core.records.get<BlobRecord>(keys.blob(id))).value?.state === "damaged";
  });
}

async function useAgain(core: Core, { report }: StepContext, { id }: BlobRecord): Promise<void> {
  if (await core.records.transact((commit) => addHealing(core, commit, id))) {
    report(`The bytes of the blob ${id} are right again.`);
  }
}
