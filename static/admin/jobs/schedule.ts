/** A schedule in five cron fields, read so that it can be said in words. Pure. */

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

interface Field {
  from: number;
  to: number;
  /** Of the values from `from` on. */
  names?: readonly string[];
}

const FIELDS = {
  minutes: { from: 0, to: 59 },
  hours: { from: 0, to: 23 },
  days: { from: 1, to: 31 },
  months: { from: 1, to: 12, names: MONTHS },
  /** 1 is Monday. */
  weekdays: { from: 1, to: 7, names: WEEKDAYS },
} as const satisfies Record<string, Field>;

/** The values of each field in rising order; null: all of them. */
export type Schedule = Record<keyof typeof FIELDS, readonly number[] | null>;

/** When in the day. */
export type Times =
  | { kind: "minutes"; every: number }
  /** At these minutes of every hour. */
  | { kind: "hourly"; minutes: readonly number[] }
  | { kind: "hours"; every: number; minute: number }
  | { kind: "times"; times: readonly (readonly [hour: number, minute: number])[] }
  /** At these minutes (null: all) of these hours. */
  | { kind: "within"; minutes: readonly number[] | null; hours: readonly number[] };

/** More of them are not told one by one. */
const TIMES_TOLD = 4;

/** Null when it is no such schedule. */
export function parseSchedule(text: string): Schedule | null {
  const parts = text.trim().split(/\s+/);
  const names = Object.keys(FIELDS) as (keyof Schedule)[];
  if (parts.length !== names.length) return null;
  const values = names.map((name, index) => [name, valuesOf(parts[index]!, FIELDS[name])] as const);
  if (values.some(([, value]) => value === undefined)) return null;
  return Object.fromEntries(values) as Schedule;
}

export function timesOf({ minutes, hours }: Schedule): Times {
  if (hours === null) {
    const every = minutes === null ? 1 : stepOf(minutes, 60);
    if (every !== null) return { kind: "minutes", every };
    return { kind: "hourly", minutes: minutes! };
  }
  if (minutes === null) return { kind: "within", minutes, hours };
  if (hours.length * minutes.length <= TIMES_TOLD) {
    return {
      kind: "times",
      times: hours.flatMap((hour) => minutes.map((minute) => [hour, minute] as const)),
    };
  }
  const every = stepOf(hours, 24);
  if (every !== null && minutes.length === 1) return { kind: "hours", every, minute: minutes[0]! };
  return { kind: "within", minutes, hours };
}

/** First and last when the values have no gaps and are more than two; else null. */
export function rangeOf(values: readonly number[]): readonly [first: number, last: number] | null {
  const [first, last] = [values[0]!, values.at(-1)!];
  return values.length > 2 && last - first === values.length - 1 ? [first, last] : null;
}

/** Undefined when the field cannot be read. */
function valuesOf(text: string, field: Field): number[] | null | undefined {
  const { from } = field;
  const found = new Set<number>();
  for (const item of text.split(",")) {
    const [, range, stride] = /^([^/]+)(?:\/(\d+))?$/.exec(item) ?? [];
    const step = Number(stride ?? 1);
    const [first, last] = range === "*" ? [field.from, field.to] : rangeValues(range ?? "", field);
    if (!(first! <= last! && last! <= field.to && step > 0)) return undefined;
    for (let value = first!; value <= last!; value += step) found.add(value < from ? field.to : value);
  }
  if (found.size === field.to - field.from + 1) return null;
  return [...found].sort((a, b) => a - b);
}

/** NaN for what is no value of the field; 0 for a Sunday that the range begins with. */
function rangeValues(range: string, { from, to, names = [] }: Field): number[] {
  const ends = range.split("-").map((end) => {
    const named = names.indexOf(end.toUpperCase());
    const value = named >= 0 ? from + named : /^\d{1,2}$/.test(end) ? Number(end) : NaN;
    return value >= from ? value : NaN;
  });
  const [first, last] = [ends[0]!, ends.at(-1)!];
  if (ends.length > 2) return [NaN, NaN];
  return names === WEEKDAYS && first === to && last < to ? [0, last] : [first, last];
}

/** The step when the values are all of its multiples below `end`; else null. */
function stepOf(values: readonly number[], end: number): number | null {
  const step = end / values.length;
  return values.length > 1 && values.every((value, index) => value === index * step) ? step : null;
}
