/** What is on its way: the files being transferred, and how far all of them are together. */
import type { TransferProgress } from "../../progress_types.ts";
import { formatDuration } from "../format.ts";

/** One file on its way. */
export interface Row {
  /** As the person named it. */
  readonly name: string;
  progress: TransferProgress | null;
  /** Why nothing moves right now; null while it does. */
  trouble: Trouble | null;
}

export interface Trouble {
  message: string;
  /** When it is tried again, ms since 1970; null when that is not known. */
  retryAt: number | null;
}

export interface Board {
  /** On their way, in the order they began. */
  readonly rows: Row[];
  /** Of all files of the command; null while it is not known. */
  readonly files: number | null;
  readonly bytes: number | null;
  /** That have ended, well or not, and their bytes. */
  endedFiles: number;
  endedBytes: number;
  /** Of the bytes that are there, those that were there before this run: they make no speed. */
  keptBytes: number;
  /** Bytes that are there over time, newest last. */
  readonly samples: { at: number; bytes: number }[];
}

const SAMPLE_WINDOW_MS = 8000;
const SAMPLE_STEP_MS = 250;

export function newBoard({ files, bytes }: Pick<Board, "files" | "bytes">): Board {
  return { rows: [], files, bytes, endedFiles: 0, endedBytes: 0, keptBytes: 0, samples: [] };
}

/** Bytes that are there: of ended files and of those on their way. */
export function doneBytes({ rows, endedBytes }: Board): number {
  return rows.reduce((sum, { progress }) => sum + (progress?.transferredBytes ?? 0), endedBytes);
}

/** Notes how far all is at `now`, ms. */
export function sample(board: Board, now: number): void {
  const resumed = board.rows.reduce((sum, { progress }) => sum + (progress?.resumedBytes ?? 0), 0);
  const last = board.samples.at(-1);
  if (last && now - last.at < SAMPLE_STEP_MS) return;
  board.samples.push({ at: now, bytes: doneBytes(board) - board.keptBytes - resumed });
  while (board.samples[0]!.at < now - SAMPLE_WINDOW_MS) board.samples.shift();
}

/** The progress of all files together. Pure. */
export function totalProgress(board: Board): Omit<TransferProgress, "state"> {
  const done = doneBytes(board);
  const [first, last] = [board.samples.at(0), board.samples.at(-1)];
  const seconds = first && last ? (last.at - first.at) / 1000 : 0;
  const bytesPerSecond = seconds > 0 ? Math.max(0, (last!.bytes - first!.bytes) / seconds) : 0;
  const total = board.bytes;
  return {
    totalBytes: total,
    transferredBytes: done,
    confirmedBytes: done,
    resumedBytes: board.keptBytes,
    fraction: total === null ? 0 : total === 0 ? 1 : Math.min(1, done / total),
    bytesPerSecond,
    secondsLeft: total !== null && bytesPerSecond > 0 ? Math.max(0, total - done) / bytesPerSecond : null,
  };
}

/** What is said instead of speed and time left; null while bytes move. Pure. */
export function statusText({ progress, trouble }: Row, now: number): string | null {
  if (trouble !== null) {
    const wait = trouble.retryAt === null ? null : Math.ceil((trouble.retryAt - now) / 1000);
    return `${trouble.message}, ${
      wait === null || wait <= 0 ? "trying again" : `again in ${formatDuration(wait)}`
    }`;
  }
  switch (progress?.state) {
    case undefined:
    case "preparing":
      return "reading";
    case "opening":
      return "asking";
    case "comparing":
      return "comparing";
    case "finishing":
      return "finishing";
    case "verifying":
      return "checking";
    default:
      return null;
  }
}
