/** Draws the board as lines of a terminal: a bar for each file on its way and one for all. Pure. */
import { styleText } from "node:util";
import stringWidth from "string-width";
import type { TransferProgress } from "../../progress_types.ts";
import { count, formatDuration, formatPercent, formatSize, formatSpeed } from "../format.ts";
import { printable } from "../printable.ts";
import { shorten } from "../shorten.ts";
import { type Board, statusText, totalProgress } from "./board.ts";

export interface Canvas {
  columns: number;
  rows: number;
  /** Whether the terminal has more than ASCII, and colours. */
  unicode: boolean;
  color: boolean;
  /** Ms since 1970. */
  now: number;
}

interface Line {
  name: string;
  progress: Omit<TransferProgress, "state"> | null;
  /** Instead of speed and time left. */
  status: string | null;
}

/** How much of a line is shown, from all to little; widths in characters. */
interface Layout {
  name: number;
  /** Of the percentage, or the bytes of a file of unknown size. */
  figure: number;
  bar: number;
  sizes: boolean;
  speed: boolean;
}

const SIZES_WIDTH = 18;
const SPEED_WIDTH = 9;
const LEFT_WIDTH = 12;
const GAP = 2;
const MIN_BAR = 8;
const MAX_BAR = 40;
const MIN_NAME = 8;
const MAX_NAME = 32;

/** No line is wider than the terminal less one, since some wrap at the last column; they fit below each other. */
export function barLines(board: Board, canvas: Canvas): string[] {
  const lines: Line[] = board.rows.map((row) => ({
    name: printable(row.name),
    progress: row.progress,
    status: statusText(row, canvas.now),
  }));
  const several = (board.files ?? 2) > 1;
  const room = Math.max(1, canvas.rows - 2);
  const shown = lines.slice(0, several ? Math.max(0, room - 1) : room);
  if (several) shown.push(totalLine(board));
  const layout = chooseLayout(shown, canvas.columns - 1);
  return shown.map((line) => drawLine(line, layout, canvas));
}

function totalLine(board: Board): Line {
  const { endedFiles, files } = board;
  const name = files === null ? count(endedFiles, "file") : `${endedFiles} of ${count(files, "file")}`;
  return { name, progress: totalProgress(board), status: null };
}

function chooseLayout(lines: readonly Line[], width: number): Layout {
  const longest = Math.max(...lines.map(({ name }) => stringWidth(name)), MIN_NAME);
  const figure = Math.max(...lines.map((line) => figureText(line).length), "100 %".length);
  const status = Math.max(...lines.map((line) => line.status === null ? 0 : stringWidth(line.status)));
  const speedWidth = SPEED_WIDTH + GAP + LEFT_WIDTH;
  const candidates = [
    { sizes: true, tail: Math.max(SIZES_WIDTH + GAP + speedWidth, status), bar: MIN_BAR * 2 },
    { sizes: false, tail: Math.max(speedWidth, status), bar: MIN_BAR },
    { sizes: false, tail: speedWidth, bar: MIN_BAR },
    { sizes: false, tail: speedWidth, bar: 0 },
    { sizes: false, tail: 0, bar: MIN_BAR },
  ];
  for (const { sizes, tail, bar } of candidates) {
    const rest = width - GAP - figure - (tail > 0 ? GAP + tail : 0);
    const leastName = Math.min(longest, sizes ? 16 : MIN_NAME);
    if (rest < leastName + (bar > 0 ? GAP + bar : 0)) continue;
    const name = Math.min(longest, MAX_NAME, bar > 0 ? rest - GAP - bar : rest);
    const room = rest - name - GAP;
    return { name, figure, bar: bar > 0 ? Math.min(room, MAX_BAR) : 0, sizes, speed: tail > 0 };
  }
  return { name: Math.max(0, width - GAP - figure), figure, bar: 0, sizes: false, speed: false };
}

function drawLine(line: Line, layout: Layout, canvas: Canvas): string {
  const { name, progress, status } = line;
  const mark = canvas.unicode ? "…" : "~";
  const before: string[] = [];
  if (layout.name > 0) {
    before.push(fill(shorten(name, { width: layout.name, position: "middle", mark }), layout.name));
  }
  if (layout.bar > 0) {
    before.push(drawBar(isKnown(line) ? progress?.fraction ?? 0 : null, layout.bar, canvas));
  }
  before.push(figureText(line).padStart(layout.figure));
  const after: string[] = [];
  if (layout.speed && status !== null) after.push(status);
  else if (progress !== null) {
    if (layout.sizes) after.push((isKnown(line) ? sizesText(progress) : "").padStart(SIZES_WIDTH));
    if (layout.speed) after.push(...speedTexts(progress));
  }
  const width = canvas.columns - 1;
  const widths = [layout.name, layout.bar, layout.figure].filter((part) => part > 0);
  const room = width - widths.reduce((sum, part) => sum + GAP + part, 0);
  // In a very narrow terminal there is no room for the name either.
  if (room < -GAP) return shorten(figureText(line), { width: Math.max(1, width), position: "end", mark });
  // Only a status can be too long for its place.
  if (room > 0) before.push(shorten(after.join(" ".repeat(GAP)), { width: room, position: "end", mark }));
  return before.join(" ".repeat(GAP)).trimEnd();
}

function isKnown({ progress }: Line): boolean {
  return progress === null || progress.totalBytes !== null;
}

function figureText(line: Line): string {
  return isKnown(line)
    ? formatPercent(line.progress?.fraction ?? 0)
    : formatSize(line.progress!.transferredBytes);
}

function fill(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - stringWidth(text)));
}

function sizesText({ transferredBytes, totalBytes }: Omit<TransferProgress, "state">): string {
  return `${formatSize(transferredBytes)} of ${formatSize(totalBytes ?? 0)}`;
}

function speedTexts({ bytesPerSecond, secondsLeft }: Omit<TransferProgress, "state">): string[] {
  const speed = bytesPerSecond > 0 ? formatSpeed(bytesPerSecond) : "";
  const left = secondsLeft === null ? "" : `${formatDuration(secondsLeft)} left`;
  return [speed.padStart(SPEED_WIDTH), left];
}

/** null: nobody knows how far. */
function drawBar(
  fraction: number | null,
  width: number,
  { unicode, color }: Pick<Canvas, "unicode" | "color">,
): string {
  const [full, empty] = unicode ? ["━", "─"] : ["#", "-"];
  const filled = fraction === null ? 0 : Math.floor(fraction * width);
  const paint = (style: "cyan" | "gray", text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text;
  return paint("cyan", full.repeat(filled)) + paint("gray", empty.repeat(width - filled));
}
