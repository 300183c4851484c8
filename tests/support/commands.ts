/** Tasks of `deno.json` as an operator runs them, on the data directory of a server. */
import { fileURLToPath } from "node:url";
import { cleanEnvironment } from "./environment.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface OfServer {
  dataDir: string;
  secret: string;
}

/** The whole environment of a task. */
export function taskEnvironment({ dataDir, secret }: OfServer): Record<string, string> {
  return cleanEnvironment({ PAWL_DATA_DIR: dataDir, PAWL_JWT_SECRET: secret, NO_COLOR: "1" });
}

export async function runTask(name: string, args: string[], of: OfServer): Promise<CommandResult> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", name, ...args],
    cwd: ROOT,
    env: taskEnvironment(of),
    clearEnv: true,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** What the task runs, without `deno task` between it and the signals sent to it. */
export async function taskCommand(name: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const [deno, ...args] = tasks[name].split(" ");
  if (deno !== "deno" || args[0] !== "run") throw new Error(`deno task ${name} is not "deno run ...".`);
  return [Deno.execPath(), ...args];
}

/** Starts it by itself; `wrapper` is put before the command. */
export async function spawnTask(
  name: string,
  args: string[],
  { wrapper = [], ...of }: OfServer & { wrapper?: string[] },
): Promise<{ process: Deno.ChildProcess; result: Promise<CommandResult & { signal: Deno.Signal | null }> }> {
  const [program, ...rest] = [...wrapper, ...await taskCommand(name), ...args];
  const process = new Deno.Command(program!, {
    args: rest,
    cwd: ROOT,
    env: taskEnvironment(of),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const result = process.output().then(({ code, signal, stdout, stderr }) => ({
    code,
    signal,
    stdout: text(stdout),
    stderr: text(stderr),
  }));
  return { process, result };
}
