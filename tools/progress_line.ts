/** How far a command is: a line that is written over on a terminal, a line now and then elsewhere. On stderr. */

const FRAME_MS = 100;
const PLAIN_MS = 10_000;
const CLEAR = "\r\x1b[K";

export interface ProgressLine {
  /** Shown when it is time to. */
  show(text: string): void;
  /** Whole lines of results, on stdout. */
  print(text: string): void;
  /** Takes it away. */
  end(): void;
}

export interface ProgressOptions {
  isTerminal: boolean;
  /** Characters a line. */
  columns: () => number;
  write: (text: string) => void;
  print: (text: string) => void;
  /** Ms, monotonic. */
  now: () => number;
}

export function progressLine(options: ProgressOptions): ProgressLine {
  const { isTerminal, columns, write, print, now } = options;
  let shownAt = isTerminal ? -Infinity : now();
  let isShown = false;
  const clear = () => {
    if (isShown) write(CLEAR);
    isShown = false;
  };
  return {
    show(text) {
      if (now() - shownAt < (isTerminal ? FRAME_MS : PLAIN_MS)) return;
      shownAt = now();
      if (!isTerminal) return write(`${text}\n`);
      write(CLEAR + text.slice(0, Math.max(10, columns() - 1)));
      isShown = true;
    },
    print(text) {
      clear();
      print(text);
    },
    end: clear,
  };
}

/** On the streams of this process. */
export function openProgressLine(): ProgressLine {
  const encoder = new TextEncoder();
  return progressLine({
    isTerminal: Deno.stderr.isTerminal(),
    columns: () => {
      try {
        return Deno.consoleSize().columns;
      } catch {
        return 80;
      }
    },
    write: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    print: (text) => console.log(text),
    now: () => performance.now(),
  });
}
