/** One job with all of its runs that are kept. */
import { Icon } from "../../controls/icon.tsx";
import type { Job, JobRun } from "../api.ts";
import { CLOCK } from "../parts/admin_icons.ts";
import { Section } from "../parts/section.tsx";
import { Empty, Failure, Waiting } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { useLive } from "../state/live.ts";
import { formatRoute } from "../state/route.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { JobActions } from "./job_actions.tsx";
import { JobFacts, RunState } from "./job_facts.tsx";
import { jobDescription, jobName } from "./job_text.ts";
import { RunChart } from "./run_chart.tsx";
import { withCurrent } from "./run_measure.ts";

export function JobDetail({ job, dryRun }: { job: Job; dryRun: (job: Job) => void }) {
  const { jobs } = useAdmin();
  const words = useAdminWords();
  const { a } = words;
  const live = jobs.runs(job.name);
  const { value, error } = useLive(live);
  const runs = withCurrent(value === null ? [] : withCurrent(value, job.last), job.running);
  return (
    <Section
      title={jobName(words, job.name)}
      about={jobDescription(words, job.name, job.description)}
      above={
        <a class="back small" href={formatRoute({ section: "jobs" })}>
          <Icon name="left" />
          {a.jobs.back}
        </a>
      }
      tools={<JobActions job={job} dryRun={dryRun} />}
    >
      <div class="card job" data-job={job.name}>
        <JobFacts job={job} />
        <RunChart job={job} slots={100} />
      </div>
      <h2>{a.jobs.runs}</h2>
      {value === null && error === null && <Waiting />}
      {value === null && error !== null && <Failure error={error} retry={live.now} />}
      {value !== null && runs.length === 0 && (
        <Empty icon={CLOCK} title={a.jobs.noRuns} text={a.jobs.noRunsText} />
      )}
      {runs.length > 0 && <Runs runs={runs} />}
    </Section>
  );
}

function Runs({ runs }: { runs: readonly JobRun[] }) {
  const { a, times, format } = useAdminWords();
  const { columns: names } = a.jobs;
  // A column for what no run has ever done says nothing.
  const reads = runs.some(({ bytesRead }) => bytesRead > 0);
  const columns: (Column<JobRun> | false)[] = [
    {
      name: "started",
      label: names.started,
      cell: ({ startedAt }) => (
        <time datetime={startedAt} title={format.full(startedAt)}>{times.moment(startedAt)}</time>
      ),
    },
    { name: "state", label: names.state, cell: (run) => <RunState run={run} /> },
    { name: "took", label: names.took, figures: true, cell: ({ durationMs }) => times.took(durationMs) },
    {
      name: "lookedAt",
      label: names.lookedAt,
      figures: true,
      cell: ({ lookedAt }) => amount(lookedAt, times.count),
    },
    {
      name: "removed",
      label: names.removed,
      figures: true,
      cell: ({ removed }) => amount(removed, times.count),
    },
    !reads &&
    {
      name: "bytes",
      label: names.bytes,
      figures: true,
      cell: ({ bytesFreed }) => amount(bytesFreed, format.bytes),
    },
    reads &&
    {
      name: "read",
      label: names.bytesRead,
      figures: true,
      cell: ({ bytesRead }) => amount(bytesRead, format.bytes),
    },
    { name: "by", label: names.by, cell: ({ by }) => by ?? <span class="soft">{a.jobs.bySchedule}</span> },
  ];
  return (
    <Table
      label={a.jobs.runs}
      columns={columns.filter((column) => column !== false)}
      rows={runs}
      keyOf={({ startedAt }) => startedAt}
      note={({ messages }) =>
        messages.length === 0 ? null : (
          <ul class="messages">
            {messages.map((message, index) => <li key={index}>{message}</li>)}
          </ul>
        )}
    />
  );
}

/** Nothing is told by a dash, so that what there is stands out. */
function amount(value: number, write: (value: number) => string) {
  return value === 0 ? <span class="soft" aria-label={write(0)}>–</span> : write(value);
}
