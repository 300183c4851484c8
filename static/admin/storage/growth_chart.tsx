/** How what is stored has grown: a line for what people have stored, and one for what it takes. */
import { useRef, useState } from "hono/jsx/dom";
import type { StorageDay } from "../api.ts";
import { dayPlaces, labelledDays, lineOf, nearest, sizeTicks } from "../charts/lines.ts";
import { useAdminWords } from "../words/admin_words.ts";

const WIDTH = 1000;
const HEIGHT = 300;
const LEVELS = 5;
const DAYS_NAMED = 5;

/** `days` are at least two, the oldest first. */
export function GrowthChart({ days }: { days: readonly StorageDay[] }) {
  const { a, format, times } = useAdminWords();
  const { storage: m } = a.figures;
  const plot = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const places = dayPlaces(days.map(({ day }) => day));
  const max = Math.max(1, ...days.map(({ fileBytes, storedBytes }) => Math.max(fileBytes, storedBytes))) *
    1.05;
  const layout = { places, max, width: WIDTH, height: HEIGHT };
  const stored = lineOf(days.map(({ storedBytes }) => storedBytes), layout);
  const files = lineOf(days.map(({ fileBytes }) => fileBytes), layout);
  const shown = pointed === null || pointed >= days.length ? days.length - 1 : pointed;
  const [first, last] = [days[0]!, days.at(-1)!];
  const named = labelledDays(places, DAYS_NAMED);

  function point({ clientX }: PointerEvent) {
    const { left, width } = plot.current!.getBoundingClientRect();
    setPointed(nearest(places, (clientX - left) / width));
  }

  return (
    <figure class="growth">
      <figcaption class="legend small figures">
        <span class="soft">{times.day(days[shown]!.day)}</span>
        <span class="key people">{m.lines.fileBytes}: {format.bytes(days[shown]!.fileBytes)}</span>
        <span class="key stored">{m.lines.storedBytes}: {format.bytes(days[shown]!.storedBytes)}</span>
        <span class="soft">{m.count.files(days[shown]!.files)}</span>
      </figcaption>
      <div class="plot">
        {sizeTicks(max, LEVELS).map(({ at, value }) => (
          <span key={value} class="level soft figures" style={{ "--at": String(at) }}>
            <span>{format.bytes(value)}</span>
          </span>
        ))}
        <div ref={plot} class="lines" onPointerMove={point} onPointerLeave={() => setPointed(null)}>
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={m.chart(
              times.day(first.day),
              times.day(last.day),
              format.bytes(first.storedBytes),
              format.bytes(last.storedBytes),
            )}
          >
            <path class="ground" d={stored.area} />
            <path class="people" d={files.line} />
            <path class="stored" d={stored.line} />
          </svg>
          {pointed !== null && <span class="pointer" style={{ "--at": String(places[shown]) }} />}
        </div>
      </div>
      <p class="days soft figures" aria-hidden="true">
        {named.map((index) => (
          <span key={index} style={{ "--at": String(places[index]) }}>{times.day(days[index]!.day)}</span>
        ))}
      </p>
    </figure>
  );
}
