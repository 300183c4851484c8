/**
 * A program in a pseudo-terminal, as a person sees and uses it: what it prints goes through a real terminal emulator,
 * so that a test looks at the screen and not at escape sequences.
 */
import xterm from "@xterm/headless";

export interface PseudoTerminalOptions {
  cwd: string;
  /** The whole environment; nothing is inherited. */
  env: Record<string, string>;
  /** Default 80 by 24. */
  columns?: number;
  rows?: number;
}

export interface PseudoTerminal extends AsyncDisposable {
  /** The rows of the screen and of what has scrolled out of it, without blanks at their ends. */
  rows(): string[];
  /** The same as text, in which a line that fills several rows is one. */
  text(): string;
  /** All that was printed, with its escape sequences. */
  raw(): string;
  readonly cursorVisible: boolean;
  /** Resolves as soon as `test` holds of `text`; rejects with it when the program ends without. */
  shows(test: RegExp | ((text: string) => boolean)): Promise<string>;
  /** Types; `\x03` is Ctrl-C. */
  type(keys: string): Promise<void>;
  resize(columns: number): Promise<void>;
  /** The exit code, when it has ended and all it printed is on the screen. */
  readonly ended: Promise<number>;
}

/** Starts `command`. Disposing kills it. */
export async function openTerminal(
  command: readonly string[],
  { cwd, env, columns = 80, rows = 24 }: PseudoTerminalOptions,
): Promise<PseudoTerminal> {
  const screen = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  // script makes a terminal for the command and passes on what it is sent; tty says which, for resizing.
  const child = new Deno.Command("script", {
    args: ["-qec", `stty cols ${columns} rows ${rows}; tty; exec ${quoted}`, "/dev/null"],
    cwd,
    env: { TERM: "xterm-256color", ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const keyboard = child.stdin.getWriter();

  let raw = "";
  let device = "";
  let over = false;
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watch of watchers) watch();
  };
  const started = Promise.withResolvers<void>();

  async function read(): Promise<void> {
    for await (let text of child.stdout.pipeThrough(new TextDecoderStream())) {
      raw += text;
      if (device === "") {
        const first = /^(\/dev\/\S+)\r\n([\s\S]*)$/.exec(raw);
        if (first === null) continue;
        [, device, text] = first as unknown as [string, string, string];
        raw = text;
        started.resolve();
      }
      await new Promise<void>((resolve) => screen.write(text, resolve));
      changed();
    }
  }

  const ended = (async () => {
    const [{ code }] = await Promise.all([child.status, read()]);
    over = true;
    started.resolve();
    await keyboard.close().catch(() => {}); // The terminal is gone.
    changed();
    return code;
  })();

  const buffer = () => {
    const { buffer: { active } } = screen;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row)!);
  };
  const trimmed = (all: string[]) => {
    const lines = all.map((line) => line.trimEnd());
    while (lines.at(-1) === "") lines.pop();
    return lines;
  };
  const shown = () => {
    const lines: string[] = [];
    for (const row of buffer()) {
      const text = row.translateToString(!row.isWrapped);
      if (row.isWrapped) lines.push((lines.pop() ?? "") + text);
      else lines.push(text);
    }
    return trimmed(lines).join("\n");
  };

  await started.promise;
  return {
    rows: () => trimmed(buffer().map((row) => row.translateToString(true))),
    text: shown,
    raw: () => raw,
    get cursorVisible() {
      return raw.lastIndexOf("\x1b[?25h") >= raw.lastIndexOf("\x1b[?25l");
    },
    shows(test) {
      return new Promise((resolve, reject) => {
        const watch = () => {
          const text = shown();
          const seen = test instanceof RegExp ? test.test(text) : test(text);
          if (!seen && !over) return;
          watchers.delete(watch);
          if (seen) resolve(text);
          else reject(new Error(`it ended without showing ${test}; the screen:\n${text}`));
        };
        watchers.add(watch);
        watch();
      });
    },
    type: (keys) => keyboard.write(new TextEncoder().encode(keys)),
    async resize(width) {
      screen.resize(width, rows);
      await new Deno.Command("stty", { args: ["-F", device, "cols", String(width)] }).output();
    },
    ended,
    async [Symbol.asyncDispose]() {
      // With its terminal gone, all that runs on it ends.
      if (!over) child.kill("SIGKILL");
      await ended;
      screen.dispose();
    },
  };
}
