/** The command line as people run it: as a process with the permissions of its task, in a terminal, or in this process. */
import { PassThrough } from "node:stream";
import { run } from "../../client/cli/program.ts";
import { openTerminal, type PseudoTerminal, type PseudoTerminalOptions } from "./pseudo_terminal.ts";
import { tempDir } from "./temp_dir.ts";

const root = new URL("../../", import.meta.url).pathname;

export interface CliEnd {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ProcessOptions {
  /** Beside those that sign in. */
  env?: Record<string, string>;
  stdin?: Uint8Array<ArrayBuffer>;
}

/** A person with a home folder, which is also where they are, signed in to one server by `PAWL_SERVER` and `PAWL_TOKEN`. */
export interface Person extends AsyncDisposable {
  /** Of their processes. */
  env: Record<string, string>;
  /** What runs the command, to be followed by its arguments. */
  command: string[];
  /** Absolute path of `name` in their folder. */
  join(name: string): string;
  /** As a process of its own. */
  process(args: string[], options?: ProcessOptions): Promise<CliEnd & { bytes: Uint8Array<ArrayBuffer> }>;
  /** As a process in a terminal. */
  terminal(
    args: string[],
    options?: Partial<Omit<PseudoTerminalOptions, "cwd">>,
  ): Promise<PseudoTerminal>;
  /** In this process, without a terminal; relative paths are not the person's. */
  run(args: string[], options?: RunOptions): Promise<CliEnd>;
}

export interface RunOptions {
  env?: Record<string, string>;
  stdin?: string | Uint8Array;
  signal?: AbortSignal;
}

/** The arguments of `deno` by which `deno task pawl` runs the command, from any folder. */
async function taskArguments(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(root + "deno.json"));
  const words: string[] = tasks.pawl.split(" ");
  const start = words.indexOf("deno");
  return words.slice(start + 1).map((word) => word.replaceAll('"', "").replace("$ROOT/", root));
}

/** `server`: address and token; null: somebody who has not signed in. */
export async function person(server: { url: URL; token: string } | null): Promise<Person> {
  const home = await tempDir();
  const signedIn: Record<string, string> = server === null
    ? {}
    : { PAWL_SERVER: server.url.href, PAWL_TOKEN: server.token };
  const args = await taskArguments();
  const environment = (env: Record<string, string> = {}) => ({
    PATH: Deno.env.get("PATH") ?? "",
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
    HOME: home.path,
    ...signedIn,
    ...env,
  });
  return {
    env: environment(),
    command: [Deno.execPath(), ...args],
    join: home.join,
    async process(own, { env, stdin } = {}) {
      const child = new Deno.Command(Deno.execPath(), {
        args: [...args, ...own],
        cwd: home.path,
        env: environment(env),
        clearEnv: true,
        stdin: stdin ? "piped" : "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const ended = child.output();
      if (stdin) await new Response(stdin).body!.pipeTo(child.stdin);
      const { code, stdout, stderr } = await ended;
      const text = new TextDecoder();
      return { code, bytes: stdout, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    },
    terminal: (own, { env, ...options } = {}) =>
      openTerminal([Deno.execPath(), ...args, ...own], {
        cwd: home.path,
        env: environment(env),
        ...options,
      }),
    run: (own, { env, stdin = "", signal = new AbortController().signal } = {}) =>
      runHere(own, { env: { HOME: home.path, ...signedIn, ...env }, stdin, signal }),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

async function runHere(
  args: string[],
  { env, stdin, signal }: { env: Record<string, string>; stdin: string | Uint8Array; signal: AbortSignal },
): Promise<CliEnd> {
  const input = new PassThrough();
  input.end(stdin);
  const [stdout, stderr] = [collector(), collector()];
  const code = await run(args, {
    version: "0.0.0-test",
    surroundings: {
      terminal: { stdin: input, stdout: stdout.stream, stderr: stderr.stream },
      env,
      signal,
      now: Date.now,
    },
  });
  input.destroy();
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector() {
  const stream = new PassThrough();
  const pieces: Uint8Array[] = [];
  stream.on("data", (piece: Uint8Array) => pieces.push(piece));
  return { stream, text: () => new TextDecoder().decode(new Uint8Array(pieces.flatMap((p) => [...p]))) };
}
