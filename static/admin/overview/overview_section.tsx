/** How everything is, at a glance, and what needs somebody. */
import { Icon } from "../../controls/icon.tsx";
import type { Job, Overview, StorageReport } from "../api.ts";
import { EntryRow } from "../audit/entry_row.tsx";
import { isNearlyFull } from "../charts/disk_parts.ts";
import { jobName } from "../jobs/job_text.ts";
import { Section } from "../parts/section.tsx";
import { Failure, Stale, Waiting } from "../parts/states.tsx";
import { Tile } from "../parts/tile.tsx";
import { When } from "../parts/when.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { useLive } from "../state/live.ts";
import { usePaged } from "../state/paged.ts";
import { formatRoute, type Place } from "../state/route.ts";
import { GrowthChart } from "../storage/growth_chart.tsx";
import { useAdminWords } from "../words/admin_words.ts";

const LATEST = 6;
const GROWTH_DAYS = 30;

export function OverviewSection() {
  const { overview, storage, jobs } = useAdmin();
  const { a } = useAdminWords();
  const { value, error } = useLive(overview);
  const report = useLive(storage).value;
  const all = useLive(jobs.all).value;
  if (value === null) {
    return (
      <Section title={a.sections.overview}>
        {error === null ? <Waiting rows={6} /> : <Failure error={error} retry={overview.now} />}
      </Section>
    );
  }
  return (
    <Section title={a.sections.overview} about={<About overview={value} />}>
      {error !== null && <Stale error={error} retry={overview.now} />}
      <Concerns overview={value} report={report} />
      <Tiles overview={value} report={report} jobs={all} />
      {report !== null && report.growth.length >= 2 && (
        <section class="card panel">
          <h2>
            <a href={formatRoute({ section: "storage" })}>{a.figures.overview.growth}</a>
          </h2>
          <GrowthChart days={report.growth.slice(-GROWTH_DAYS)} />
        </section>
      )}
      <Latest />
    </Section>
  );
}

function About({ overview: { version, startedAt } }: { overview: Overview }) {
  const { a } = useAdminWords();
  return <When iso={startedAt} say={(time) => a.figures.overview.about(version, time)} />;
}

/** What is not as it should be, with the way to where it can be mended. */
function Concerns({ overview, report }: { overview: Overview; report: StorageReport | null }) {
  const words = useAdminWords();
  const { a, format } = words;
  const { overview: m } = a.figures;
  const { health, jobsFailed } = overview;
  const concerns: { text: string; place?: Place }[] = [
    ...(health.records ? [] : [{ text: m.records }]),
    ...(health.storage ? [] : [{ text: m.storage }]),
    ...(report !== null && isNearlyFull(report)
      ? [{ text: m.disk(format.bytes(report.disk!.freeBytes)), place: { section: "storage" } as const }]
      : []),
    ...(report !== null && report.damagedBlobs > 0
      ? [{ text: m.damaged(report.damagedBlobs), place: { section: "jobs", item: "storedBytes" } as const }]
      : []),
    ...jobsFailed.map((name) => ({
      text: m.jobFailed(jobName(words, name)),
      place: { section: "jobs", item: name } as const,
    })),
  ];
  const isWell = concerns.length === 0;
  return (
    <div class={isWell ? "card concerns" : "card concerns bad"} role="status">
      <span class="emblem" aria-hidden="true">
        <Icon name={isWell ? "check" : "alert"} />
      </span>
      <div>
        <p class="title">{isWell ? m.well : m.concerns(concerns.length)}</p>
        {isWell ? <p class="soft small">{m.wellText}</p> : (
          <ul class="small">
            {concerns.map(({ text, place }) => (
              <li key={text}>
                {text} {place && <a href={formatRoute(place)} aria-label={`${m.look}: ${text}`}>{m.look}</a>}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

interface TilesProps {
  overview: Overview;
  report: StorageReport | null;
  jobs: readonly Job[] | null;
}

function Tiles({ overview, report, jobs }: TilesProps) {
  const words = useAdminWords();
  const { a, format, times } = words;
  const { overview: m } = a.figures;
  const { uploads, moreUploads, imageQueue } = overview;
  const next = jobs?.filter(({ next }) => next !== null).toSorted((x, y) => x.next! < y.next! ? -1 : 1)[0];
  const toStorage = formatRoute({ section: "storage" });
  return (
    <div class="tiles">
      <Tile
        name={m.uploads}
        value={`${times.count(uploads)}${moreUploads ? "+" : ""}`}
        note={uploads > 0 ? m.uploadsNote.some : m.uploadsNote.none}
        href={formatRoute({ section: "uploads" })}
      />
      {report !== null && report.asOf !== null && (
        <Tile
          key="stored"
          name={m.stored}
          value={format.bytes(report.fileBytes)}
          note={<When iso={report.asOf} say={(time) => m.storedNote(report.files, time)} />}
          href={toStorage}
        />
      )}
      {report !== null && report.asOf !== null && (
        <Tile
          key="saved"
          name={m.saved}
          value={format.bytes(report.savedBytes)}
          note={m.savedNote}
          href={toStorage}
        />
      )}
      {report !== null && report.disk !== null && (
        <Tile
          key="disk"
          name={m.diskFree}
          value={format.bytes(report.disk.freeBytes)}
          note={m.diskNote(format.bytes(report.disk.totalBytes))}
          href={toStorage}
          tone={isNearlyFull(report) ? "bad" : undefined}
        />
      )}
      {next && (
        <Tile
          key="next"
          name={m.nextJob}
          value={<When iso={next.next!} />}
          note={jobName(words, next.name)}
          href={formatRoute({ section: "jobs" })}
        />
      )}
      <Tile key="pictures" name={m.pictures} value={times.count(imageQueue)} note={m.picturesNote} />
    </div>
  );
}

function Latest() {
  const { audit } = useAdmin();
  const { a } = useAdminWords();
  const state = usePaged(audit, {});
  const entries = state.items.slice(0, LATEST);
  if (entries.length === 0) return null;
  return (
    <section class="latest">
      <div class="head">
        <h2>{a.figures.overview.latest}</h2>
        <a class="small" href={formatRoute({ section: "audit" })}>{a.figures.overview.all}</a>
      </div>
      <ul class="rows card entries">{entries.map((entry) => <EntryRow key={entry.id} entry={entry} />)}</ul>
    </section>
  );
}
