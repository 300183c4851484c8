/** Times, days and lists as administrators read them; beside `i18n/format.ts`. */

export interface AdminFormat {
  /** How far away a moment is: `3 minutes ago`, `in 7 hours`; its date when that is months. */
  away(iso: string): string;
  /** How long something took: `340 ms`, `2.4 s`, `4 min`, `1 h 5 min`. */
  took(ms: number): string;
  /** Of `2026-11-30`, or of a moment: `Nov 30`. */
  day(iso: string): string;
  /** Date and time without the year: `Nov 30, 14:05`. */
  moment(iso: string): string;
  list(items: readonly string[]): string;
  /** 1 is Monday. */
  weekday(number: number): string;
  /** 1 is January. */
  month(number: number): string;
  count(value: number): string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Up to how far away which unit is told. */
const UNITS: readonly (readonly [below: number, unit: "second" | "minute" | "hour" | "day", size: number])[] =
  [
    [MINUTE, "second", SECOND],
    [90 * MINUTE, "minute", MINUTE],
    [36 * HOUR, "hour", HOUR],
    [60 * DAY, "day", DAY],
  ];

/** `locale` is a BCP 47 tag; `now` gives ms since 1970. */
export function createAdminFormat(locale: string, now: () => number): AdminFormat {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const day = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
  const utcDay = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" });
  const moment = new Intl.DateTimeFormat(locale, {
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "long", timeZone: "UTC" });
  const month = new Intl.DateTimeFormat(locale, { month: "long", timeZone: "UTC" });
  const list = new Intl.ListFormat(locale, { type: "conjunction" });
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const unit = (name: string, digits = 0) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: digits,
    });
  const units = {
    hour: unit("hour"),
    minute: unit("minute"),
    second: unit("second", 1),
    millisecond: unit("millisecond"),
  };

  return {
    away(iso) {
      const ms = Date.parse(iso) - now();
      const found = UNITS.find(([below]) => Math.abs(ms) < below);
      if (!found) return date.format(Date.parse(iso));
      const [, name, size] = found;
      return relative.format(Math.trunc(ms / size) || Math.sign(ms) || -1, name);
    },
    took(ms) {
      if (ms < SECOND) return units.millisecond.format(Math.max(1, Math.round(ms)));
      if (ms < 99.5 * SECOND) {
        return units.second.format(ms < 10 * SECOND ? ms / SECOND : Math.round(ms / SECOND));
      }
      const minutes = Math.round(ms / MINUTE);
      if (minutes < 60) return units.minute.format(minutes);
      const hours = units.hour.format(Math.floor(minutes / 60));
      return minutes % 60 === 0 ? hours : `${hours} ${units.minute.format(minutes % 60)}`;
    },
    day: (iso) => (iso.length === 10 ? utcDay : day).format(Date.parse(iso)),
    moment: (iso) => moment.format(Date.parse(iso)),
    list: (items) => list.format(items),
    weekday: (number) => weekday.format(Date.UTC(2024, 0, number)), // The first of January 2024 was a Monday.
    month: (number) => month.format(Date.UTC(2024, number - 1, 1)),
    count: (value) => whole.format(value),
  };
}
