/** Jobs and runs in words. Pure. */
import type { JobRun } from "../api.ts";
import type { AdminWords } from "../words/admin_words.ts";
import { parseSchedule } from "./schedule.ts";

/** What a job is called; one that is not known here by its own name. */
export function jobName({ a }: AdminWords, name: string): string {
  return known(a.jobs.names, name) ?? name;
}

/** `said`: what the server says of it. */
export function jobDescription({ a }: AdminWords, name: string, said: string): string {
  return known(a.jobs.descriptions, name) ?? said;
}

/** Null when it cannot be said better than by its five fields. */
export function scheduleText({ a, times }: AdminWords, schedule: string): string | null {
  const parsed = parseSchedule(schedule);
  return parsed && a.jobs.utc(a.jobs.inWords(parsed, times));
}

/** What a run has done so far, the important first; empty when there was nothing to do. */
export function runFacts({ a, times, format }: AdminWords, run: JobRun): string[] {
  const { facts } = a.jobs;
  const counts = [
    [run.damaged, facts.damaged, times.count],
    [run.removed, facts.removed, times.count],
    [run.bytesFreed, facts.freed, format.bytes],
    [run.bytesRead, facts.read, format.bytes],
    [run.lookedAt, facts.lookedAt, times.count],
    [run.errors, facts.errors, times.count],
  ] as const;
  return counts.filter(([value]) => value > 0).map(([value, tell, write]) => tell(write(value)));
}

/** How a run has ended, as a sentence. */
export function endOf(words: AdminWords, run: JobRun): string {
  const { a, times } = words;
  const facts = runFacts(words, run);
  return a.jobs.ended[run.state](
    jobName(words, run.job),
    facts.length === 0 ? a.jobs.nothing : times.list(facts),
  );
}

function known(names: Record<string, string>, name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}
