/** Shows the board while a command runs: as bars on a terminal, as a line now and then elsewhere, or not at all. */
import { createLogUpdate } from "log-update";
import type { TransferProgress } from "../../progress_types.ts";
import type { Environment } from "../config_dir.ts";
import { columnsOf, rowsOf, type Terminal, write } from "../terminal.ts";
import { barLines } from "./bar_lines.ts";
import { type Board, newBoard, type Row, sample, type Trouble } from "./board.ts";
import { plainLine } from "./plain_line.ts";

export type DisplayMode = "bars" | "plain" | "silent";

/** How one file's transfer is told to the display. */
export interface TransferView {
  progressed(progress: TransferProgress): void;
  /** null: it goes on. */
  troubled(trouble: Trouble | null): void;
  /** It is done, or has failed: its bytes count as settled. */
  ended(): void;
  /** It does not count: another view shows the same file. */
  cancelled(): void;
}

export interface Display {
  /** `bytes`: of the file, null when unknown. */
  begin(name: string, bytes: number | null): TransferView;
  /** A file that needs no transfer, of so many bytes. */
  skip(bytes: number): void;
  /** Runs `output`, which writes whole lines to the terminal; they stand above the bars. */
  above(output: () => Promise<void>): Promise<void>;
  /** Clears the bars away. */
  close(): void;
}

const FRAME_MS = 100;
const PLAIN_MS = 10_000;

/** Bars need a terminal that moves its cursor and a person who looks at it. Pure. */
export function displayMode(
  { terminal, env, quiet, json }: { terminal: Terminal; env: Environment; quiet: boolean; json: boolean },
): DisplayMode {
  if (quiet) return "silent";
  const bars = terminal.stderr.isTTY === true && !env.NO_COLOR && !env.CI && env.TERM !== "dumb";
  if (bars) return "bars";
  return json ? "silent" : "plain";
}

export interface DisplayOptions {
  terminal: Terminal;
  mode: DisplayMode;
  env: Environment;
  /** Of the whole command; null while unknown. */
  files: number | null;
  bytes: number | null;
  /** Ms since 1970. */
  now: () => number;
}

/** Begins to show; close it before the last words of the command. */
export function openDisplay(options: DisplayOptions): Display {
  const { mode, now } = options;
  const board = newBoard(options);
  const screen = mode === "bars" ? bars(board, options) : mode === "plain" ? plain(board, options) : null;
  const timer = screen && setInterval(() => {
    sample(board, now());
    screen.draw();
  }, screen.everyMs);

  return {
    begin(name, bytes) {
      const row: Row = { name, progress: null, trouble: null };
      board.rows.push(row);
      const remove = () => void board.rows.splice(board.rows.indexOf(row), 1);
      return {
        progressed: (progress) => void (row.progress = progress),
        troubled: (trouble) => void (row.trouble = trouble),
        ended() {
          remove();
          board.endedFiles++;
          board.endedBytes += bytes ?? row.progress?.transferredBytes ?? 0;
          board.keptBytes += keptBytes(row, bytes);
        },
        cancelled: remove,
      };
    },
    skip(bytes) {
      board.endedFiles++;
      board.endedBytes += bytes;
      board.keptBytes += bytes;
    },
    above: (output) => screen ? screen.above(output) : output(),
    close() {
      if (timer !== null) clearInterval(timer);
      screen?.close();
    },
  };
}

/** Bytes of an ended file that this run did not move: there before, found by content, or not sent at all. */
function keptBytes({ progress }: Row, bytes: number | null): number {
  const moved = (progress?.transferredBytes ?? 0) - (progress?.resumedBytes ?? 0);
  return Math.max(0, (bytes ?? progress?.transferredBytes ?? 0) - moved);
}

interface Screen {
  everyMs: number;
  draw(): void;
  above(output: () => Promise<void>): Promise<void>;
  close(): void;
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";

function bars(board: Board, { terminal: { stderr }, env, now }: DisplayOptions): Screen {
  // Its own hiding of the cursor hooks the process's signals, which are ours.
  const frame = createLogUpdate(stderr, { showCursor: true });
  const unicode = env.TERM !== "linux";
  let covered = 0;
  stderr.write(HIDE_CURSOR);
  return {
    everyMs: FRAME_MS,
    draw() {
      if (covered > 0) return;
      const canvas = { columns: columnsOf(stderr), rows: rowsOf(stderr), unicode, color: true, now: now() };
      const lines = board.rows.length === 0 ? [] : barLines(board, canvas);
      if (lines.length > 0) frame(lines.join("\n"));
    },
    async above(output) {
      covered++;
      frame.clear();
      try {
        await output();
      } finally {
        covered--;
        if (covered === 0) this.draw();
      }
    },
    close() {
      frame.clear();
      stderr.write(SHOW_CURSOR);
    },
  };
}

function plain(board: Board, { terminal: { stderr }, now }: DisplayOptions): Screen {
  return {
    everyMs: PLAIN_MS,
    draw() {
      const line = plainLine(board, now());
      if (line !== null) write(stderr, `${line}\n`).catch(() => {}); // Nobody reads it any more.
    },
    above: (output) => output(),
    close() {},
  };
}
