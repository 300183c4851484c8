/** Figures as Markdown. */
import { type Goal, reached } from "./goals.ts";
import { median, type Result } from "./rounds.ts";

const GIB = 2 ** 30;
const MIB = 2 ** 20;

export type Column = [title: string, cell: (result: Result) => string];

const of = (result: Result, figure: (sample: Result["samples"][number]) => number) =>
  result.samples.map(figure);

/** Seconds, with what the slowest and the fastest round took. */
export const seconds: Column = ["seconds (fastest - slowest)", (result) => {
  const all = of(result, (sample) => sample.seconds);
  return `${median(all).toFixed(2)} (${Math.min(...all).toFixed(2)} - ${Math.max(...all).toFixed(2)})`;
}];

export const throughput: Column = ["MiB/s", (result) => {
  return (result.bytes / MIB / median(of(result, (sample) => sample.seconds))).toFixed(0);
}];

export const serverCpu: Column = [
  "server CPU s/GiB",
  (result) => perGib(result, (sample) => sample.serverCpu),
];
export const clientCpu: Column = [
  "client CPU s/GiB",
  (result) => perGib(result, (sample) => sample.clientCpu),
];

export const memory: Column = ["server peak MB", (result) => {
  return (Math.max(...of(result, (sample) => sample.peakMemory)) / 1e6).toFixed(0);
}];

function perGib(result: Result, figure: (sample: Result["samples"][number]) => number): string {
  return (median(of(result, figure)) / (result.bytes / GIB)).toFixed(2);
}

/** The median of a figure that only some contenders have. */
export function extra(name: string, title: string): Column {
  return [title, (result) => {
    const all = result.samples.flatMap(({ extra }) => name in extra ? [extra[name]!] : []);
    return all.length === 0 ? "" : median(all).toFixed(1);
  }];
}

export function resultTable(first: string, results: Result[], columns: Column[]): string {
  return table(
    [first, ...columns.map(([title]) => title)],
    results.map((result) => [
      result.contender,
      ...columns.map(([, cell]) => cell(result)),
    ]),
  );
}

export function goalTable(goals: Goal[]): string {
  const reasons = new Set(goals.filter((goal) => !reached(goal) && goal.why).map(({ why }) => why));
  return [goalRows(goals), ...reasons].join("\n\n");
}

function goalRows(goals: Goal[]): string {
  return table(
    ["goal", "to reach", "measured", "possible", "reached"],
    goals.map((goal) => {
      const figure = (value: number) => `${value.toFixed(goal.unit === "x" ? 2 : 0)}${goal.unit}`;
      return [
        goal.name,
        `${goal.atMost ? "<=" : ">="} ${goal.limit}${goal.unit}`,
        figure(goal.value),
        goal.possible === undefined ? "" : figure(goal.possible),
        reached(goal) ? "yes" : "**no**",
      ];
    }),
  );
}

/** Padded as `deno fmt` does it, so that the page need not be formatted again. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length), 3)
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
