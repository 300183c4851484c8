/** Schedules in English. */
import { rangeOf, type Schedule, type Times, timesOf } from "../jobs/schedule.ts";
import type { AdminFormat } from "./admin_format.ts";

/** `Every day at 03:00`, `Sunday at 02:30`, `Every 15 minutes, Monday to Friday`; the times are UTC. */
export function englishSchedule(schedule: Schedule, format: AdminFormat): string {
  const times = timesOf(schedule);
  const days = daysText(schedule, format);
  if (times.kind === "times") return `${days === "" ? "Every day" : upper(days)} ${timesText(times, format)}`;
  return upper(timesText(times, format)) + (days === "" ? "" : `, ${days}`);
}

function timesText(times: Times, { list }: AdminFormat): string {
  switch (times.kind) {
    case "minutes":
      return times.every === 1 ? "every minute" : `every ${times.every} minutes`;
    case "hourly":
      return `every hour, ${minutesText(times.minutes, list)}`;
    case "hours":
      return `every ${times.every} hours, ${minutesText([times.minute], list)}`;
    case "times":
      return `at ${list(times.times.map(([hour, minute]) => clock(hour, minute)))}`;
    case "within": {
      const hours = `from ${list(times.hours.map((hour) => `${clock(hour, 0)} to ${clock(hour, 59)}`))}`;
      return `${times.minutes === null ? "every minute" : minutesText(times.minutes, list)} ${hours}`;
    }
  }
}

const minutesText = (minutes: readonly number[], list: AdminFormat["list"]) =>
  `at minute${minutes.length === 1 ? "" : "s"} ${list(minutes.map(String))}`;

function daysText({ days, months, weekdays }: Schedule, { list, weekday, month }: AdminFormat): string {
  const of = (values: readonly number[], name: (value: number) => string) => {
    const range = rangeOf(values);
    return range === null ? list(values.map(name)) : `${name(range[0])} to ${name(range[1])}`;
  };
  const parts = [
    weekdays && of(weekdays, weekday),
    days && `on the ${of(days, ordinal)}`,
    months && `in ${of(months, month)}`,
    days && !months && "of each month",
  ];
  return parts.filter((part) => part !== null && part !== false).join(" ");
}

const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });
const SUFFIXES: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };
const ordinal = (value: number) => `${value}${SUFFIXES[ORDINALS.select(value)] ?? "th"}`;

const clock = (hour: number, minute: number) =>
  [hour, minute].map((part) => String(part).padStart(2, "0")).join(":");
const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
