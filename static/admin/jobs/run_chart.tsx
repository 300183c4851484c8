/** A bar for each of the last runs: how much it did, and whether it went well. */
import { useLayoutEffect } from "hono/jsx/dom";
import type { Job, JobRun } from "../api.ts";
import { barsOf } from "../charts/bars.ts";
import { useAdmin } from "../state/admin_state.ts";
import { useLive } from "../state/live.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { jobName, runFacts } from "./job_text.ts";
import { isBad, measureOf, runTone, withCurrent } from "./run_measure.ts";

const SLOT = 8;
const GAP = 2;
const HEIGHT = 44;

export function RunChart({ job, slots }: { job: Job; slots: number }) {
  const { jobs } = useAdmin();
  const words = useAdminWords();
  const { a } = words;
  const live = jobs.runs(job.name);
  const { value } = useLive(live);
  const known = job.last?.startedAt;
  // A run has ended since: the history has one more.
  useLayoutEffect(() => {
    if (value !== null && value[0]?.startedAt !== known) live.now();
  }, [known]);
  const ended = value === null ? [] : withCurrent(value, job.last);
  const runs = withCurrent(ended, job.running).slice(0, slots).reverse();
  const measure = measureOf(runs);
  if (runs.length === 0) return null;
  const width = slots * SLOT - GAP;
  const bars = barsOf(runs.map((run) => run[measure]), {
    width,
    height: HEIGHT,
    slots,
    gap: GAP,
    least: 2,
  });
  return (
    <figure class="run-chart">
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={a.jobs.chart(jobName(words, job.name), runs.length, runs.filter(isBad).length)}
      >
        <line class="base" x1={0} x2={width} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
        {bars.map((bar, index) => <RunBar key={runs[index]!.startedAt} run={runs[index]!} {...bar} />)}
      </svg>
      <figcaption class="soft">{a.jobs.measures[measure]}</figcaption>
    </figure>
  );
}

function RunBar(
  { run, x, y, width, height }: { run: JobRun; x: number; y: number; width: number; height: number },
) {
  const words = useAdminWords();
  const { a, times } = words;
  const facts = runFacts(words, run);
  const title = [
    times.moment(run.startedAt),
    a.jobs.states[run.state],
    ...(facts.length === 0 ? [a.jobs.nothing] : facts),
  ].join(" · ");
  return (
    <g class={`run ${runTone(run)}`}>
      <title>{title}</title>
      <rect class="reach" x={x} y={0} width={width + GAP} height={HEIGHT} />
      <rect x={x} y={y} width={width} height={height} rx={1} />
    </g>
  );
}
