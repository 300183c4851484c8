/** What metrics need to know of earlier processes, looked up once at the start. */
import type { JobName } from "../../config/config.ts";
import type { Core } from "../core.ts";
import type { RunRecord } from "../jobs/runs.ts";
import { keys } from "../records/keys.ts";
import type { Records } from "../records/records.ts";
import { wentWell } from "./jobs.ts";

const PAGE = 1000;
/** Runs of a job that are looked at for a good one. */
const RUNS = 20;

/** A thousand in about 10 ms. */
export async function countOpenUploads(records: Records): Promise<number> {
  for (let count = 0, after: Deno.KvKey | undefined;;) {
    const page = await records.page(keys.uploadsOpen(), { limit: PAGE, ...(after && { after }) });
    count += page.length;
    if (page.length < PAGE) return count;
    after = page.at(-1)!.key;
  }
}

/** When each job last went well. */
export async function rememberRuns({ records, config, metrics }: Core): Promise<void> {
  for (const name of Object.keys(config.jobs) as JobName[]) {
    const runs = await records.page<RunRecord>(keys.jobRuns(name), { limit: RUNS, reverse: true });
    const good = runs.find(({ value }) => wentWell(value.state));
    if (good) metrics.jobs.remember(name, good.value.endedAt);
  }
}
