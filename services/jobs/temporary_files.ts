/** Scratch files that a crash left behind go some time after their last change. Bytes of sessions never lie there. */
import { removeTemporaryFile, type TemporaryFile, temporaryFiles } from "../blobs/temporary_files.ts";
import type { Core } from "../core.ts";
import type { Candidate, StepContext, StepResult } from "./job.ts";

const HOUR = 3_600_000;
/** Of one step. */
const MOST = 1000;

export async function removeTemporaryFiles(
  core: Core,
  { tally, pulse, failed }: StepContext,
): Promise<StepResult> {
  let found = 0;
  for await (const file of temporaryFiles(core.config.tempDir)) {
    tally.lookedAt++;
    if (++found % 100 === 0) await pulse();
    if (!isOld(core, file)) continue;
    try {
      await removeTemporaryFile(core.config.tempDir, file.name);
      tally.removed++;
      tally.bytesFreed += file.size;
    } catch (error) {
      failed(error);
    }
    if (tally.removed >= MOST) return { next: "later" };
  }
  return { next: "done" };
}

export async function* oldTemporaryFiles(core: Core): AsyncGenerator<Candidate> {
  const { retentionHours } = core.config.jobs.temporaryFiles;
  for await (const file of temporaryFiles(core.config.tempDir)) {
    if (!isOld(core, file)) continue;
    yield {
      kind: "file",
      id: file.name,
      name: file.name,
      reason: `A temporary file whose last change was ${retentionHours} hours ago or more.`,
      since: file.modifiedAt,
      bytes: file.size,
    };
  }
}

const isOld = ({ config, now }: Core, { modifiedAt }: TemporaryFile): boolean =>
  modifiedAt <= now() - config.jobs.temporaryFiles.retentionHours * HOUR;
