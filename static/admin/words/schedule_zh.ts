/** Schedules in Chinese. */
import { rangeOf, type Schedule, type Times, timesOf } from "../jobs/schedule.ts";
import type { AdminFormat } from "./admin_format.ts";

/** `每天 03:00`, `每星期日 02:30`, `星期一至星期五，每 15 分钟`; the times are UTC. */
export function chineseSchedule(schedule: Schedule, format: AdminFormat): string {
  const times = timesOf(schedule);
  const days = daysText(schedule, format);
  if (times.kind === "times") return `${days === "" ? "每天" : days} ${timesText(times)}`;
  return (days === "" ? "" : `${days}，`) + timesText(times);
}

function timesText(times: Times): string {
  switch (times.kind) {
    case "minutes":
      return times.every === 1 ? "每分钟" : `每 ${times.every} 分钟`;
    case "hourly":
      return `每小时${minutesText(times.minutes)}`;
    case "hours":
      return `每 ${times.every} 小时${minutesText([times.minute])}`;
    case "times":
      return list(times.times.map(([hour, minute]) => clock(hour, minute)));
    case "within": {
      const hours = list(times.hours.map((hour) => `${clock(hour, 0)}–${clock(hour, 59)}`));
      return `${hours} ${times.minutes === null ? "每分钟" : minutesText(times.minutes)}`;
    }
  }
}

const minutesText = (minutes: readonly number[]) => `第 ${list(minutes.map(String))} 分钟`;

/** Figures stand beside each other without a word between them. */
const list = (items: readonly string[]) => items.join("、");

function daysText({ days, months, weekdays }: Schedule, { weekday, month }: AdminFormat): string {
  const of = (values: readonly number[], name: (value: number) => string) => {
    const range = rangeOf(values);
    return range === null ? list(values.map(name)) : `${name(range[0])}至${name(range[1])}`;
  };
  const parts = [
    weekdays && `每${of(weekdays, weekday)}`,
    months ? of(months, month) : days && "每月",
    days && ` ${of(days, (day) => `${day} 日`)}`,
  ];
  return parts.filter((part) => part !== null).join("");
}

const clock = (hour: number, minute: number) =>
  [hour, minute].map((part) => String(part).padStart(2, "0")).join(":");
