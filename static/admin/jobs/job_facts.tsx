/** When a job runs, when it ran last and what it did, and how far it is while it runs. */
import type { Job, JobRun } from "../api.ts";
import { When } from "../parts/when.tsx";
import { useAdminWords } from "../words/admin_words.ts";
import { runFacts, scheduleText } from "./job_text.ts";
import { runTone } from "./run_measure.ts";

export function JobFacts({ job }: { job: Job }) {
  const words = useAdminWords();
  const { a } = words;
  const { schedule, next, running, last } = job;
  const shown = running ?? last;
  const inWords = scheduleText(words, schedule);
  return (
    <dl class="facts small figures">
      <div>
        <dt>{a.jobs.schedule}</dt>
        <dd>
          {inWords} <code class="soft">{schedule}</code>
        </dd>
      </div>
      <div>
        <dt>{a.jobs.next}</dt>
        <dd>{next === null ? a.jobs.noNext : <When iso={next} />}</dd>
      </div>
      <div class="wide" data-run={shown?.state ?? "none"}>
        <dt>{running === null ? a.jobs.last : a.jobs.running}</dt>
        <dd>{shown === null ? a.jobs.never : <RunLine run={shown} />}</dd>
      </div>
    </dl>
  );
}

function RunLine({ run }: { run: JobRun }) {
  const words = useAdminWords();
  const { a, times } = words;
  const isRunning = run.state === "running";
  const facts = runFacts(words, run);
  return (
    <span class="run-line">
      <RunState run={run} />
      {isRunning ? <span>{a.jobs.runningFor(times.took(run.durationMs))}</span> : <When iso={run.endedAt} />}
      {!isRunning && <span>{times.took(run.durationMs)}</span>}
      {facts.map((fact) => <span key={fact}>{fact}</span>)}
      {facts.length === 0 && !isRunning && <span>{a.jobs.nothing}</span>}
    </span>
  );
}

/** How a run stands, by a mark and a word. */
export function RunState({ run }: { run: JobRun }) {
  const { a } = useAdminWords();
  return <span class={`state-mark ${runTone(run)}`}>{a.jobs.states[run.state]}</span>;
}
