/** Where the lines of a chart over days run, and what stands at its edges. Pure. Places are parts of the whole, 0 to 1. */

export interface Tick {
  /** From the left, or from the top. */
  at: number;
  value: number;
}

const KILO = 1024;

/** Steps of sizes that people read easily: 1, 2, 5, 10 ... 500 of a unit, so that at most `most` (3 or more) fit below `max`. */
export function sizeTicks(max: number, most: number): Tick[] {
  const top = Math.max(1, max);
  const step = stepFor(top / most);
  const ticks: Tick[] = [];
  for (let value = 0; value <= top; value += step) ticks.push({ at: 1 - value / top, value });
  return ticks;
}

function stepFor(least: number): number {
  for (let unit = 1;; unit *= KILO) {
    for (const factor of [1, 2, 5, 10, 20, 50, 100, 200, 500]) {
      if (unit * factor >= least) return unit * factor;
    }
  }
}

/** Ms since 1970 of `2026-11-30` at midnight UTC. */
const timeOf = (day: string) => Date.parse(`${day}T00:00:00Z`);

/** Where each day stands between the first and the last; days without a count leave their room. */
export function dayPlaces(days: readonly string[]): number[] {
  const times = days.map(timeOf);
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
  return times.map((time) => last === first ? 1 : (time - first) / (last - first));
}

/** Indexes of at most `most` days (2 or more), the first and the last among them, that stand as evenly as can be. */
export function labelledDays(places: readonly number[], most: number): number[] {
  if (places.length <= most) return places.map((_, index) => index);
  const chosen = Array.from({ length: most }, (_, n) => nearest(places, n / (most - 1)));
  return [...new Set(chosen)];
}

/** Index of the place that is nearest to `at`; places rise. -1: there is none. */
export function nearest(places: readonly number[], at: number): number {
  let best = -1;
  for (const [index, place] of places.entries()) {
    if (best < 0 || Math.abs(place - at) < Math.abs(places[best]! - at)) best = index;
  }
  return best;
}

export interface Line {
  /** What an SVG path draws in a picture of `width` by `height`. */
  line: string;
  /** With the ground below it. */
  area: string;
}

export interface LineLayout {
  places: readonly number[];
  /** Of the picture's upper edge; more than 0. */
  max: number;
  width: number;
  height: number;
}

export function lineOf(values: readonly number[], { places, max, width, height }: LineLayout): Line {
  const points = values.map((value, index) => {
    const x = round(places[index]! * width);
    return `${x} ${round(height - Math.min(1, value / max) * height)}`;
  });
  if (points.length === 0) return { line: "", area: "" };
  const line = `M${points.join("L")}`;
  return {
    line,
    area: `${line}L${round(places.at(-1)! * width)} ${height}L${round(places[0]! * width)} ${height}Z`,
  };
}

const round = (value: number) => Math.round(value * 100) / 100;
