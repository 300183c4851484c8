/** Dates in header fields (RFC 9110 §5.6.7): IMF-fixdate is written, all three forms are read. */

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY = `(?:${DAYS.join("|")})`;
const LONG_DAY = "(?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day";
const MONTH = `(?<month>${MONTHS.join("|")})`;
const TIME = "(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})";

const FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^${DAY}, (?<day>[0-9]{2}) ${MONTH} (?<year>[0-9]{4}) ${TIME} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(`^${LONG_DAY}, (?<day>[0-9]{2})-${MONTH}-(?<year>[0-9]{2}) ${TIME} GMT$`),
  // Sun Nov  6 08:49:37 1994
  new RegExp(`^${DAY} ${MONTH} (?<day>[0-9]{2}| [0-9]) ${TIME} (?<year>[0-9]{4})$`),
];

/** Writes an IMF-fixdate; milliseconds are cut off. Throws RangeError outside of the years 0 to 9999. */
export function formatHttpDate(milliseconds: number): string {
  const date = new Date(milliseconds);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw new RangeError(`Cannot write ${milliseconds} as an HTTP date`);
  return date.toUTCString();
}

/**
 * Reads a date in any of the three forms; null for everything else. `now` (ms since 1970) places the
 * two-digit year of the RFC 850 form: never more than 50 years ahead. The name of the day is not compared.
 */
export function parseHttpDate(value: string, options: { now: number }): number | null {
  for (const form of FORMS) {
    const groups = form.exec(value)?.groups;
    if (!groups) continue;
    const part = (name: string) => Number(groups[name]);
    const fields = {
      month: MONTHS.indexOf(groups.month!),
      day: part("day"),
      hour: part("hour"),
      minute: part("minute"),
      second: part("second"),
    };
    if (groups.year!.length === 4) return moment(part("year"), fields);
    const century = Math.floor(new Date(options.now).getUTCFullYear() / 100) * 100;
    const latest = new Date(options.now).setUTCFullYear(new Date(options.now).getUTCFullYear() + 50);
    const candidates = [century + 100, century, century - 100].map((start) => start + part("year"));
    return candidates.map((year) => moment(year, fields)).find((at) => at !== null && at <= latest) ?? null;
  }
  return null;
}

interface DateFields {
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** Null for a day or time that does not exist; second 60 is a leap second and counts as the next minute's first. */
function moment(year: number, { month, day, hour, minute, second }: DateFields): number | null {
  if (hour > 23 || minute > 59 || second > 60) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month) return null;
  return date.setUTCHours(hour, minute, second);
}
