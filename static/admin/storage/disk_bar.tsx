/** What takes the room on the disk, as one bar and in words. */
import type { StorageReport } from "../api.ts";
import { DISK_PARTS, diskParts } from "../charts/disk_parts.ts";
import { useAdminWords } from "../words/admin_words.ts";

export function DiskBar({ report }: { report: StorageReport }) {
  const { a, format } = useAdminWords();
  const { storage: m } = a.figures;
  const { disk } = report;
  const parts = diskParts(report);
  if (parts === null || disk === null) return <p class="soft small">{m.noDisk}</p>;
  return (
    <div class="disk">
      <p>
        {m.diskText(format.bytes(disk.freeBytes), format.bytes(disk.totalBytes))}{" "}
        <span class="soft">{m.reserve(format.bytes(disk.reserveBytes))}</span>
      </p>
      <div class="stack" aria-hidden="true">
        {DISK_PARTS.map((part) => <span key={part} class={part} style={{ "--part": String(parts[part]) }} />)}
      </div>
      <dl class="legend small figures">
        {DISK_PARTS.map((part) => (
          <div key={part} class={`key ${part}`}>
            <dt>{m.parts[part]}</dt>
            <dd>{format.bytes(parts[part])}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
