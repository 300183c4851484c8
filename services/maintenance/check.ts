/**
 * Checks records against bytes, both ways, and each against the others; puts right what can be put right safely. Beside
 * live traffic: what looks wrong is looked at again, as one snapshot, before it is said, and once more by the commit that
 * mends it. Memory is bounded, whatever there is.
 */
import type { Actor } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import { Problem } from "../problem.ts";
import { checkAttachments } from "./attachments.ts";
import { checkTokenCounts, LOOKS, REFERENCES, WRITERS } from "./counted.ts";
import { checkCounts } from "./counts.ts";
import { checkExpectedEntries } from "./expected_entries.ts";
import type { Finding, FindingKind } from "./finding.ts";
import { checkIndexEntries } from "./index_entries.ts";
import type { Check, Stage } from "./looking.ts";
import { checkUsers } from "./made_blobs.ts";
import { checkLeftovers, checkUploads } from "./open_uploads.ts";
import { checkBlobs } from "./stored_blobs.ts";
import { checkShares, checkStrayBytes } from "./strays.ts";
import { checkVariants } from "./variants.ts";

/** What has no record may be on its way for so long. */
const GRACE_MS = 3_600_000;
const TELL_EVERY_MS = 200;

/**
 * In this order: what is lacking is made again before something is counted, and records before bytes without one, which
 * go.
 */
const STAGES = {
  "uploads": checkUploads,
  "chunks": checkLeftovers,
  "smaller pictures": checkVariants,
  "files": checkAttachments,
  "blobs": checkBlobs,
  "blobs made of others": checkUsers,
  "references": (check) => checkCounts(check, REFERENCES),
  "blobs being written": (check) => checkCounts(check, WRITERS),
  "times of expiry": (check) => checkCounts(check, LOOKS),
  "links": checkTokenCounts,
  "entries of records": checkExpectedEntries,
  "entries of indexes": checkIndexEntries,
  "limits": checkShares,
  "stored bytes": checkStrayBytes,
} satisfies Record<string, Stage>;
export type StageName = keyof typeof STAGES;

export interface CheckOptions {
  /** Who asked. */
  actor: Actor;
  /** Puts right what can be. */
  mend: boolean;
  /** Reads all bytes and compares digests. */
  bytes: boolean;
}

/** `left`: as it was found; `marked`: lost, and marked as such; `failed`: could not be mended, for the reason in `why`. */
export type FindingState = "left" | "mended" | "marked" | "failed";

export interface CheckReport {
  /** Of each stage, how many things were looked at. */
  lookedAt: Partial<Record<StageName, number>>;
  bytesRead: number;
  found: Partial<Record<FindingKind, number>>;
  mended: number;
  /** Found and not mended. */
  left: number;
  /** Records that changed all the time, so that nothing can be said of them. */
  undecided: number;
}

export type CheckEvent =
  | { type: "progress"; stage: StageName; lookedAt: number; bytesRead: number }
  | { type: "finding"; kind: FindingKind; subject: string; text: string; state: FindingState; why?: string }
  | ({ type: "report" } & CheckReport);

/** Goes on as far as it is read; the report comes last. Throws `stopping` when the server does. */
export async function* checkStore(core: Core, options: CheckOptions): AsyncGenerator<CheckEvent> {
  const report: CheckReport = { lookedAt: {}, bytesRead: 0, found: {}, mended: 0, left: 0, undecided: 0 };
  let toldAt = -Infinity;
  const told = new Set<string>();
  for (const [name, stage] of Object.entries(STAGES) as [StageName, Stage][]) {
    let lookedAt = 0;
    const check: Check = {
      core,
      bytes: options.bytes,
      graceMs: GRACE_MS,
      told,
      count: (things) => void (lookedAt += things),
      countBytes: (bytes) => void (report.bytesRead += bytes),
      undecided: () => void report.undecided++,
    };
    for await (const finding of stage(check)) {
      if (finding) yield await settle(core, options, { finding, report });
      if (finding || performance.now() - toldAt > TELL_EVERY_MS) {
        toldAt = performance.now();
        yield { type: "progress", stage: name, lookedAt, bytesRead: report.bytesRead };
      }
    }
    report.lookedAt[name] = lookedAt;
  }
  yield { type: "report", ...report };
}

async function settle(
  core: Core,
  { actor, mend }: CheckOptions,
  { finding, report }: { finding: Finding; report: CheckReport },
): Promise<CheckEvent> {
  const { kind, subject, text, repair } = finding;
  report.found[kind] = (report.found[kind] ?? 0) + 1;
  let state: FindingState = "left";
  let why: string | undefined;
  if (mend && !repair.looksOnly) {
    try {
      await putRight(core, finding, actor);
      state = repair.staysBroken ? "marked" : "mended";
    } catch (error) {
      state = "failed";
      why = error instanceof Problem ? error.message : String(error);
    }
  }
  if (state === "mended") report.mended++;
  else report.left++;
  return { type: "finding", kind, subject, text, state, ...(why !== undefined && { why }) };
}

/** What is right by now has been put right by somebody else. */
async function putRight(core: Core, { kind, subject, text, repair }: Finding, actor: Actor): Promise<void> {
  const commit = () =>
    core.records.transact(async (commit) => {
      if (!await repair.attempt(commit)) return;
      core.audit.add(commit, {
        actor,
        action: "store.mend",
        target: { kind: "store", id: subject },
        detail: { finding: kind, text },
      });
    });
  await (repair.turn === undefined ? commit() : core.inTurn(repair.turn, commit));
  await repair.after?.();
}
