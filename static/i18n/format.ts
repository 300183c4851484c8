/** Sizes, times and numbers as people of a language write them. */

const UNITS = ["byte", "KB", "MB", "GB", "TB", "PB"] as const;
const STEP = 1024;

export interface Format {
  /** `12.3 MB`; a megabyte is 1024 x 1024 bytes, as in the server's limits. */
  bytes(count: number): string;
  /** `45 %` of 0 to 1; 100 only when it is all. */
  percent(fraction: number): string;
  /** `8 s`, `2 min`, `1 h 5 min`. */
  duration(seconds: number): string;
  /** Time of the day with seconds; with its date when that is another day than today's. */
  clock(ms: number): string;
  /** When something happened: `just now`, `10:42`, `yesterday, 10:42`, `Nov 3`, `Nov 3, 2025`. */
  moment(iso: string): string;
  /** Date and time in full. */
  full(iso: string): string;
  number(value: number): string;
}

/** `locale` is a BCP 47 tag; `now` gives ms since 1970. */
export function createFormat(locale: string, now: () => number): Format {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const part = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 });
  const percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const seconds = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  const day = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "medium" });
  const unit = (name: string) =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: 0,
    });
  const units = { hour: unit("hour"), minute: unit("minute"), second: unit("second") };
  const byteUnit = new Intl.NumberFormat(locale, { style: "unit", unit: "byte", unitDisplay: "long" });

  const daysAgo = (ms: number) => {
    const midnight = (at: number) => new Date(at).setHours(0, 0, 0, 0);
    return Math.round((midnight(now()) - midnight(ms)) / 86_400_000);
  };

  return {
    bytes(count) {
      if (count < STEP) return byteUnit.format(count);
      let value = count;
      let index = 0;
      // Three digits: 0.98 MB rather than 1,003 KB.
      do {
        value /= STEP;
        index++;
      } while (index < UNITS.length - 1 && Math.round(value) >= 1000);
      return `${(value < 1 ? part : short).format(value)} ${UNITS[index]}`;
    },
    percent(fraction) {
      return percents.format(fraction >= 1 ? 1 : Math.min(0.99, Math.max(0, fraction)));
    },
    duration(total) {
      const left = Math.max(1, Math.ceil(total));
      if (left < 60) return units.second.format(left);
      if (left < 3600) return units.minute.format(Math.round(left / 60));
      const minutes = Math.round(left / 60);
      const hours = units.hour.format(Math.floor(minutes / 60));
      return minutes % 60 === 0 || minutes > 24 * 60
        ? hours
        : `${hours} ${units.minute.format(minutes % 60)}`;
    },
    clock(ms) {
      return daysAgo(ms) === 0 ? seconds.format(ms) : `${day.format(ms)}, ${time.format(ms)}`;
    },
    moment(iso) {
      const ms = Date.parse(iso);
      const ago = daysAgo(ms);
      if (ago === 0 && now() - ms < 60_000) return relative.format(0, "second");
      if (ago === 0) return time.format(ms);
      if (ago === 1) return `${relative.format(-1, "day")}, ${time.format(ms)}`;
      return new Date(ms).getFullYear() === new Date(now()).getFullYear() ? day.format(ms) : date.format(ms);
    },
    full: (iso) => full.format(Date.parse(iso)),
    number: (value) => whole.format(value),
  };
}
