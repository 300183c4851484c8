/** What is stored, what it takes, what is saved, how it grows, and what room is left. */
import { useState } from "hono/jsx/dom";
import { Icon } from "../../controls/icon.tsx";
import type { Job, StorageDay, StorageReport } from "../api.ts";
import { useRun } from "../jobs/job_actions.tsx";
import { DISK } from "../parts/admin_icons.ts";
import { Section } from "../parts/section.tsx";
import { Empty, Failure, Stale, Waiting } from "../parts/states.tsx";
import { Table } from "../parts/table.tsx";
import { Tabs } from "../parts/tabs.tsx";
import { Tile } from "../parts/tile.tsx";
import { When } from "../parts/when.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { useLive } from "../state/live.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { DiskBar } from "./disk_bar.tsx";
import { GrowthChart } from "./growth_chart.tsx";

export function StorageSection() {
  const { storage } = useAdmin();
  const { a } = useAdminWords();
  const { value, error } = useLive(storage);
  const { storage: m } = a.figures;
  return (
    <Section title={a.sections.storage} about={m.about} tools={<CountNow asOf={value?.asOf ?? null} />}>
      {value === null && error === null && <Waiting rows={6} />}
      {value === null && error !== null && <Failure error={error} retry={storage.now} />}
      {value !== null && error !== null && <Stale error={error} retry={storage.now} />}
      {value !== null && value.asOf === null && <Empty icon={DISK} title={m.never} text={m.neverText} />}
      {value !== null && value.asOf !== null && <Figures report={value} />}
      {value !== null && (
        <section class="card panel">
          <h2>{m.disk}</h2>
          <DiskBar report={value} />
        </section>
      )}
      {value !== null && value.asOf !== null && <Growth growth={value.growth} />}
    </Section>
  );
}

/** When it was counted, and counting it anew. */
export function CountNow({ asOf }: { asOf: string | null }) {
  const { jobs } = useAdmin();
  const { a } = useAdminWords();
  const { value } = useLive(jobs.all);
  const { storage: m } = a.figures;
  const run = useRun("storageReport");
  const job: Job | undefined = value?.find(({ name }) => name === "storageReport");
  const isRunning = run.busy || (job?.running ?? null) !== null;
  return (
    <div class="counted">
      <p class="soft small" role="status">
        {isRunning ? m.counting : asOf !== null && <When iso={asOf} say={m.counted} />}
      </p>
      <button
        type="button"
        class="button slim"
        aria-disabled={String(isRunning)}
        onClick={() => isRunning || run.start()}
      >
        <Icon name="retry" />
        {m.countNow}
      </button>
    </div>
  );
}

function Figures({ report }: { report: StorageReport }) {
  const { a, format, times } = useAdminWords();
  const { storage: m } = a.figures;
  const kept = report.fileBytes + report.deletedBytes + report.binnedBytes;
  return (
    <div class="tiles">
      <Tile name={m.files} value={format.bytes(report.fileBytes)} note={m.count.files(report.files)} />
      <Tile
        name={m.contents}
        value={format.bytes(report.storedBytes)}
        note={m.count.contents(report.blobs)}
      />
      <Tile
        name={m.saved}
        value={format.bytes(report.savedBytes)}
        note={m.savedPart(format.percent(kept === 0 ? 0 : report.savedBytes / kept))}
      />
      <Tile
        name={m.inBins}
        value={format.bytes(report.deletedBytes)}
        note={m.count.files(report.deletedFiles)}
      />
      <Tile
        name={m.hidden}
        value={format.bytes(report.binnedBytes)}
        note={m.count.files(report.binnedFiles)}
      />
      <Tile
        name={m.variants}
        value={format.bytes(report.variantBytes)}
        note={m.count.pictures(report.variants)}
      />
      <Tile
        name={m.uploads}
        value={format.bytes(report.uploadBytes)}
        note={m.count.uploads(report.uploads)}
      />
      <Tile name={m.condemned} value={format.bytes(report.condemnedBytes)} />
      <Tile
        name={m.damaged}
        value={times.count(report.damagedBlobs)}
        tone={report.damagedBlobs > 0 ? "bad" : undefined}
      />
    </div>
  );
}

const RANGES = ["30", "90", "400"] as const;

function Growth({ growth }: { growth: readonly StorageDay[] }) {
  const { a, format, times } = useAdminWords();
  const { storage: m } = a.figures;
  const [range, setRange] = useState<(typeof RANGES)[number]>("90");
  const days = growth.slice(-Number(range));
  return (
    <section class="card panel">
      <div class="head">
        <div>
          <h2>{m.growth}</h2>
          <p class="soft small">{m.growthText}</p>
        </div>
        <Tabs
          label={m.range}
          tabs={RANGES.map((days) => [days, m.ranges[days]])}
          value={range}
          onChange={setRange}
        />
      </div>
      {days.length < 2 ? <p class="soft">{m.oneDay}</p> : <GrowthChart days={days} />}
      {days.length >= 2 && (
        <details>
          <summary class="small">{m.asTable}</summary>
          <Table<StorageDay>
            label={m.growth}
            rows={days.toReversed()}
            keyOf={({ day }) => day}
            columns={[
              { name: "day", label: m.day, cell: ({ day }) => times.day(day) },
              { name: "files", label: m.files, figures: true, cell: ({ files }) => times.count(files) },
              {
                name: "fileBytes",
                label: m.lines.fileBytes,
                figures: true,
                cell: ({ fileBytes }) => format.bytes(fileBytes),
              },
              {
                name: "storedBytes",
                label: m.lines.storedBytes,
                figures: true,
                cell: ({ storedBytes }) => format.bytes(storedBytes),
              },
            ]}
          />
        </details>
      )}
    </section>
  );
}
