/** One job among all. */
import { memo } from "hono/jsx/dom";
import type { Job } from "../api.ts";
import { formatRoute } from "../state/route.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { JobActions } from "./job_actions.tsx";
import { JobFacts } from "./job_facts.tsx";
import { jobDescription, jobName } from "./job_text.ts";
import { RunChart } from "./run_chart.tsx";

export interface JobCardProps {
  job: Job;
  dryRun: (job: Job) => void;
}

/** Drawn again only when the job has changed. */
export const JobCard = memo(Card);

function Card({ job, dryRun }: JobCardProps) {
  const words = useAdminWords();
  const { a } = words;
  const name = jobName(words, job.name);
  return (
    <li class="card job" data-job={job.name}>
      <div class="head">
        <h2>
          <a href={formatRoute({ section: "jobs", item: job.name })} title={a.jobs.open(name)}>{name}</a>
        </h2>
        {!job.enabled && <span class="badge">{a.jobs.off}</span>}
      </div>
      <p class="soft small">{jobDescription(words, job.name, job.description)}</p>
      <div class="body">
        <JobFacts job={job} />
        <RunChart job={job} slots={30} />
      </div>
      <JobActions job={job} dryRun={dryRun} />
    </li>
  );
}
