/** A report that says of a new installation that it is empty is not left so for an hour. */
import { SYSTEM } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import { findJob } from "../jobs/overview.ts";
import { startIfDue } from "../jobs/runner.ts";
import { within } from "../uploads/finishing.ts";

/** Few files take some milliseconds; of many the report before is shown meanwhile. */
const WAIT_MS = 1000;

/** To be called by who is about to show the report. */
export async function countWhenDue(core: Core): Promise<void> {
  const started = await startIfDue(core, findJob("storageReport"), { actor: SYSTEM });
  if (started) await within(WAIT_MS, started.ended);
}
