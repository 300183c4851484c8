/** What a job would do now, and why, before it does it. */
import { useLayoutEffect, useState } from "hono/jsx/dom";
import { Dialog } from "../../controls/dialog.tsx";
import type { Candidate, DryRun, Job } from "../api.ts";
import { Empty, Failure } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { useRun } from "./job_actions.tsx";
import { jobName } from "./job_text.ts";

export function DryRunDialog({ job, onClose }: { job: Job; onClose: () => void }) {
  const { calls, onError } = useAdmin();
  const words = useAdminWords();
  const { a, m } = words;
  const [found, setFound] = useState<DryRun | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [tries, setTries] = useState(1);
  const run = useRun(job.name);
  useLayoutEffect(() => {
    let wanted = true;
    setError(null);
    calls.dryRun(job.name).then((answer) => wanted && setFound(answer), (reason) => {
      onError(reason);
      if (wanted) setError(reason);
    });
    return () => wanted = false;
  }, [tries]);
  return (
    <Dialog title={a.jobs.preview.title(jobName(words, job.name))} class="dialog dry-run" onClose={onClose}>
      <div role="status">
        {found === null && error === null && <p class="soft">{a.jobs.preview.looking}</p>}
        {found !== null && found.items.length > 0 && <Sum found={found} />}
      </div>
      {error !== null && (
        <Failure
          error={error}
          retry={() =>
            setTries((count) => count + 1)}
        />
      )}
      {found !== null && found.items.length === 0 && (
        <Empty icon="check" title={a.jobs.preview.nothing} text={a.jobs.preview.nothingText} />
      )}
      {found !== null && found.items.length > 0 && (
        <ul class="candidates small" tabindex={0} aria-label={a.jobs.preview.title(jobName(words, job.name))}>
          {found.items.map((item, index) => (
            <CandidateRow key={`${index} ${item.id}`} item={item} job={job.name} />
          ))}
        </ul>
      )}
      <div class="actions">
        <button type="button" class="button" autofocus onClick={onClose}>{m.close}</button>
        {found !== null && found.items.length > 0 && (
          <button
            type="button"
            class="button danger"
            onClick={() => {
              onClose();
              run.start();
            }}
          >
            {a.jobs.preview.run}
          </button>
        )}
      </div>
    </Dialog>
  );
}

function Sum({ found: { items, more } }: { found: DryRun }) {
  const { a, format } = useAdminWords();
  const bytes = items.reduce((sum, item) => sum + (item.bytes ?? 0), 0);
  return (
    <p>
      {a.jobs.preview.sum(items.length, more, bytes === 0 ? "" : format.bytes(bytes))}
      {more && ` ${a.jobs.preview.more}`} <span class="soft">{a.jobs.preview.unchanged}</span>
    </p>
  );
}

function CandidateRow({ item, job }: { item: Candidate; job: string }) {
  const { a, format } = useAdminWords();
  const { kind, id, name, reason, since, bytes } = item;
  const { kinds } = a.jobs.preview;
  return (
    <li>
      <p class="line">
        <span class="badge">{Object.hasOwn(kinds, kind) ? kinds[kind as keyof typeof kinds] : kind}</span>
        <strong class="clip" title={name ?? id}>{name ?? a.jobs.preview.unnamed(id)}</strong>
      </p>
      <p class="soft figures">
        {a.jobs.preview.reason(job, reason)} <When iso={since} />
        {bytes !== null && bytes > 0 && <>{" · "}{a.jobs.preview.frees(format.bytes(bytes))}</>}
      </p>
    </li>
  );
}
