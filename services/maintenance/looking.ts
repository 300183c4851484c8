/** Going through all records of a kind, page by page, beside live traffic. */
import type { Core } from "../core.ts";
import { Problem } from "../problem.ts";
import { Change } from "../records/change.ts";
import type { Finding } from "./finding.ts";

const PAGE = 500;

/** What stages share during one check. */
export interface Check {
  readonly core: Core;
  /** Whether all bytes are read. */
  readonly bytes: boolean;
  /** Ms that what has no record may be on its way. */
  readonly graceMs: number;
  /** Blobs that a finding was about already; a limited number. */
  readonly told: Set<string>;
  /** What was looked at. */
  readonly count: (things: number) => void;
  /** Bytes that were read. */
  readonly countBytes: (bytes: number) => void;
  /** Records that changed all the time, so that nothing can be said of them. */
  readonly undecided: () => void;
}

/** A finding, or null after some work without one, so that whoever waits hears of it. */
export type Step = Finding | null;
export type Stage = (check: Check) => AsyncGenerator<Step>;

const MAX_TOLD = 10_000;

export function tell({ told }: Check, blobId: string): void {
  if (told.size < MAX_TOLD) told.add(blobId);
}

/** Pages of what is below `prefix`, in the order of the keys. Throws `stopping` when the server does. */
export async function* pagesOf<T>(
  { records, gate }: Core,
  prefix: Deno.KvKey,
  { limit = PAGE }: { limit?: number } = {},
): AsyncGenerator<Deno.KvEntry<T>[]> {
  let after: Deno.KvKey | undefined;
  for (;;) {
    if (gate.stopping) throw new Problem("stopping", "The server is stopping. Check again when it is back.");
    const page: Deno.KvEntry<T>[] = await records.page<T>(prefix, { limit, ...(after && { after }) });
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    after = page.at(-1)!.key;
  }
}

/** The finding, when it still is one. */
export async function confirmed(finding: Finding): Promise<Finding | null> {
  return await finding.repair.attempt(new Change() as unknown as Deno.AtomicOperation) ? finding : null;
}

/** Keys below one another are skipped: the first key for each value of the part behind `prefix`. */
export async function* firstKeys<T>(
  { records }: Core,
  prefix: Deno.KvKey,
): AsyncGenerator<Deno.KvEntry<T>> {
  let after: Deno.KvKey | undefined;
  for (;;) {
    const [entry]: Deno.KvEntry<T>[] = await records.page<T>(prefix, { limit: 1, ...(after && { after }) });
    if (!entry) return;
    yield entry;
    // `true` is behind every other part that comes here.
    after = [...prefix, entry.key[prefix.length]!, true];
  }
}
