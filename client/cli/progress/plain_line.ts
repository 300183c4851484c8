/** How far all is, in one line for a log. Pure. */
import { count, formatDuration, formatPercent, formatSize, formatSpeed } from "../format.ts";
import { printable } from "../printable.ts";
import { type Board, statusText, totalProgress } from "./board.ts";

/** null while nothing is on its way. */
export function plainLine(board: Board, now: number): string | null {
  const { rows, files, endedFiles } = board;
  if (rows.length === 0) return null;
  const one = files === 1 ? rows[0]! : null;
  const progress = one?.progress ?? totalProgress(board);
  const subject = one
    ? printable(one.name)
    : files === null
    ? count(endedFiles, "file")
    : `${endedFiles} of ${count(files, "file")}`;

  const { totalBytes, transferredBytes, bytesPerSecond, secondsLeft } = progress;
  const parts = totalBytes === null
    ? [formatSize(transferredBytes)]
    : [formatPercent(progress.fraction), `${formatSize(transferredBytes)} of ${formatSize(totalBytes)}`];
  const status = rows.map((row) => statusText(row, now)).find((text) => text !== null) ?? null;
  if (bytesPerSecond > 0) parts.push(formatSpeed(bytesPerSecond));
  if (bytesPerSecond > 0 && secondsLeft !== null) parts.push(`${formatDuration(secondsLeft)} left`);
  if (bytesPerSecond === 0 && status !== null) parts.push(status);
  return `${subject}: ${parts.join(", ")}`;
}
