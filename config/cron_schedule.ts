/** Schedules of jobs: the part of the cron language that every engine reads the same way. */
import { Cron } from "croner";
import * as z from "zod";

const MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC";
const WEEKDAYS = "MON|TUE|WED|THU|FRI|SAT|SUN";
const FIELDS = ["\\d{1,2}", "\\d{1,2}", "\\d{1,2}", `\\d{1,2}|${MONTHS}`, WEEKDAYS].map(fieldOf);
const A_LEAP_YEAR = new Date("2000-01-01T00:00:00Z");

/** `*`, a value, a range, each of them with a step but the value; or a list of these. */
function fieldOf(value: string): RegExp {
  const item = `(?:\\*(?:/\\d{1,2})?|(?:${value})(?:-(?:${value})(?:/\\d{1,2})?)?)`;
  return new RegExp(`^${item}(?:,${item})*$`);
}

/** Minute, hour, day of the month, month, day of the week; in UTC. */
export function cronSchedule() {
  const error = 'five cron fields in UTC, such as "0 3 * * *"; days of the week by name (MON to SUN), ' +
    "and not together with days of the month";
  const schema = z.string({ error }).refine(isSchedule, { error });
  return { type: "string", rule: error, schema } as const;
}

/** Numbered days of the week, and what both kinds of days mean together, differ between engines. */
function isSchedule(text: string): boolean {
  const fields = text.split(" ");
  if (fields.length !== FIELDS.length || !fields.every((field, at) => FIELDS[at]!.test(field))) return false;
  if (fields[2] !== "*" && fields[4] !== "*") return false;
  try {
    return new Cron(text, { timezone: "UTC" }).nextRun(A_LEAP_YEAR) !== null;
  } catch {
    return false;
  }
}
