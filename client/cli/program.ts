/** The command line: its commands, options and help, and how a run of it becomes an exit code. */
import { Command, CommanderError } from "commander";
import {
  type CommandAction,
  commandContext,
  type CommonOptions,
  type Handle,
  type Surroundings,
} from "./context.ts";
import { EXIT, type ExitReason } from "./exit_codes.ts";
import { Interrupted } from "./failure.ts";
import { type Terminal, write } from "./terminal.ts";
import { addDownload } from "./commands/down.ts";
import { addInfo } from "./commands/info.ts";
import { addList } from "./commands/ls.ts";
import { addLogin } from "./commands/login.ts";
import { addLogout } from "./commands/logout.ts";
import { addPing } from "./commands/ping.ts";
import { addRemove } from "./commands/rm.ts";
import { addRestore } from "./commands/restore.ts";
import { addSessions } from "./commands/sessions.ts";
import { addShare } from "./commands/share.ts";
import { addUpload } from "./commands/up.ts";
import { addWhoami } from "./commands/whoami.ts";

/** Columns that help is wrapped at: the same everywhere, so that the documentation can hold it. */
const HELP_WIDTH = 80;

export interface ProgramOptions {
  surroundings: Surroundings;
  version: string;
}

/** `args`: without the program's name. Gives the exit code; never throws. */
export async function run(
  args: readonly string[],
  { surroundings, version }: ProgramOptions,
): Promise<number> {
  const { terminal } = surroundings;
  let reason: ExitReason = "ok";
  let globals: CommonOptions = {};
  const handle: Handle = (action) => async (...params) => {
    const command = params.at(-1) as Command;
    globals = command.optsWithGlobals();
    const context = commandContext(surroundings, globals);
    const options = command.optsWithGlobals();
    reason = await (action as CommandAction<unknown[], unknown>)(context, options, ...params.slice(0, -2)) ??
      "ok";
  };
  const program = buildProgram(handle, { version, terminal });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) reason = error.exitCode === 0 ? "ok" : "usage";
    else if ((error as NodeJS.ErrnoException).code === "EPIPE") reason = "brokenPipe";
    else if (error instanceof Interrupted && !globals.json) reason = error.reason;
    else reason = await commandContext(surroundings, globals).output.failed(error);
  }
  // What commander wrote leaves too before the process ends. Nobody waits for a reader that has fallen asleep.
  const { signal } = surroundings;
  const streams = signal.aborted ? [terminal.stderr] : [terminal.stdout, terminal.stderr];
  await Promise.allSettled(streams.map((stream) => write(stream, "", signal)));
  return EXIT[reason].code;
}

/** The whole tree, for running and for the documentation. */
export function buildProgram(
  handle: Handle,
  { version, terminal }: { version: string; terminal: Pick<Terminal, "stdout" | "stderr"> },
): Command {
  const program = new Command("pawl")
    .description("Resumable uploads and downloads with a Pawl server.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .option("--server <address>", "the server to talk to, instead of the one signed in to last")
    .option("--json", "print one JSON object a line: results on stdout, failures on stderr")
    .option("-q, --quiet", "print only what a script needs, such as ids")
    .configureHelp({ showGlobalOptions: true, helpWidth: HELP_WIDTH })
    .showHelpAfterError("Run it with --help to see how.")
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      // Help has no colours; asking for them would read more of the environment.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpText("after", exitCodesText());
  addLogin(program, handle);
  addLogout(program, handle);
  addWhoami(program, handle);
  addUpload(program, handle);
  addDownload(program, handle);
  addList(program, handle);
  addInfo(program, handle);
  addRemove(program, handle);
  addRestore(program, handle);
  addShare(program, handle);
  addSessions(program, handle);
  addPing(program, handle);
  return program;
}

function exitCodesText(): string {
  const lines = Object.values(EXIT).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return ["", "Exit codes:", ...lines].join("\n");
}
