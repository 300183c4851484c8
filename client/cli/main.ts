/** The `pawl` command, in Deno and Node: gives the process's streams, environment and signals to `run`. */
import process from "node:process";
import settings from "../pack.json" with { type: "json" };
import { EXIT } from "./exit_codes.ts";
import { interruption } from "./interruption.ts";
import { run } from "./program.ts";

const SHOW_CURSOR = "\x1b[?25h";

/** Leaves at once, without an invisible cursor. */
function leave(code: number): never {
  if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
  process.exit(code);
}

// The reader of a pipe has gone: there is nobody to tell. Of stderr only the remarks are lost.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  leave(error.code === "EPIPE" ? EXIT.brokenPipe.code : EXIT.failure.code);
});
process.stderr.on("error", () => {});

const code = await run(process.argv.slice(2), {
  version: settings.version,
  surroundings: {
    terminal: process,
    env: process.env,
    signal: interruption({
      on: (signal, listener) => void process.on(signal, listener),
      leave: (reason) => leave(EXIT[reason].code),
      now: () => performance.now(),
    }),
    now: Date.now,
  },
});
process.exit(code);
