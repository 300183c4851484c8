/** The `pawl` command, in Deno and Node: gives the process's streams, environment and signals to `run`. */
import process from "node:process";
import { EXIT } from "./exit_codes.ts";
import { Interrupted } from "./failure.ts";
import { run } from "./program.ts";

/** One Ctrl-C reaches a process behind `deno task` twice: from the terminal and from the task. */
const SAME_SIGNAL_MS = 1000;
const SHOW_CURSOR = "\x1b[?25h";

/** Leaves at once, without an invisible cursor. */
function leave(code: number): never {
  if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
  process.exit(code);
}

function interruptible(): AbortSignal {
  const controller = new AbortController();
  let since: number | null = null;
  const stop = (reason: Interrupted["reason"]) => {
    if (since !== null) {
      if (performance.now() - since < SAME_SIGNAL_MS) return;
      leave(EXIT[reason].code);
    }
    since = performance.now();
    controller.abort(new Interrupted(reason));
  };
  process.on("SIGINT", () => stop("interrupted"));
  process.on("SIGTERM", () => stop("terminated"));
  return controller.signal;
}

// The reader of a pipe has gone: there is nobody to tell. Of stderr only the remarks are lost.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  leave(error.code === "EPIPE" ? EXIT.brokenPipe.code : EXIT.failure.code);
});
process.stderr.on("error", () => {});

const code = await run(process.argv.slice(2), {
  version: "0.1.0",
  surroundings: {
    terminal: process,
    env: process.env,
    signal: interruptible(),
    now: Date.now,
  },
});
process.exit(code);
