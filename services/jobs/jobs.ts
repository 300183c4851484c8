/** The jobs: what each does, by which step, and what it would remove. */
import { expireArchives } from "../archives/archives.ts";
import { binDeleted, deleteOrphans, purgeBinned } from "../attachments/retention.ts";
import { purgeAudit } from "../audit/purge.ts";
import { expireUploads } from "../cleanup.ts";
import { countStorage } from "../reports/count.ts";
import { isReportDue } from "../reports/storage.ts";
import { expireTokens } from "../tokens/expiry.ts";
import * as candidates from "./candidates.ts";
import type { Job, StepResult, Tally } from "./job.ts";
import { oldTemporaryFiles, removeTemporaryFiles } from "./temporary_files.ts";
import { verifyBlobs } from "./verify_blobs.ts";

export const JOBS: readonly Job[] = [
  {
    name: "softDeleted",
    description:
      "Hides from their owners the files that they deleted long ago; administrators can restore them.",
    step: (core, progress) => stepOf(binDeleted(core, progress)),
    candidates: candidates.deletedAttachments,
  },
  {
    name: "recycleBin",
    description: "Removes for good what the recycle bin hid from its owners long ago.",
    step: (core, progress) => stepOf(purgeBinned(core, progress)),
    candidates: candidates.binnedAttachments,
  },
  {
    name: "orphans",
    description: "Deletes, as their owners could, files that must belong to something and do not.",
    step: (core, progress) => stepOf(deleteOrphans(core, progress)),
    candidates: candidates.orphans,
  },
  {
    name: "expiredSessions",
    description: "Ends uploads without progress, frees their bytes, and forgets uploads that ended long ago.",
    step: (core, progress) => stepOf(expireUploads(core, progress)),
    candidates: candidates.expiredSessions,
  },
  {
    name: "expiredTokens",
    description: "Removes what is left of links some time after their end.",
    step: (core, progress) => stepOf(expireTokens(core, progress)),
    candidates: candidates.expiredTokens,
  },
  {
    name: "expiredArchives",
    description: "Removes the lists of kept archives that are over; the files in them stay.",
    step: (core, progress) => stepOf(expireArchives(core, progress)),
    candidates: candidates.expiredArchives,
  },
  {
    name: "auditEntries",
    description: "Removes the oldest sealed entries of the audit when their time is over.",
    step: (core, { tally }) => counted(purgeAudit(core), tally),
    candidates: candidates.oldAuditEntries,
  },
  {
    name: "temporaryFiles",
    description: "Removes temporary files that a crash left behind.",
    step: removeTemporaryFiles,
    candidates: oldTemporaryFiles,
  },
  {
    name: "storedBytes",
    description: "Reads stored bytes again and compares them with their digests; removes nothing.",
    step: verifyBlobs,
  },
  {
    name: "storageReport",
    description: "Counts what is stored, and by whom; removes nothing.",
    step: countStorage,
    beginsAnew: true,
    isDue: isReportDue,
  },
];

async function stepOf(step: Promise<{ more: boolean }>): Promise<StepResult> {
  return { next: (await step).more ? "more" : "done" };
}

async function counted(step: Promise<{ removed: number; more: boolean }>, tally: Tally): Promise<StepResult> {
  const { removed, more } = await step;
  tally.lookedAt += removed;
  tally.removed += removed;
  return { next: more ? "more" : "done" };
}
