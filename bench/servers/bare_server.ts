/** Starts a server that does the least that can be done, written for the same runtime as Pawl. */
import { type Child, startChild } from "../../tests/support/child.ts";

export interface BareServer extends AsyncDisposable {
  pid: number;
  /** With a slash at its end. */
  url: string;
}

/** `script` lies beside this file; it is given `directory` and `args`. */
export async function startBareServer(
  script: string,
  directory: string,
  ...args: string[]
): Promise<BareServer> {
  const child: Child = await startChild(bareCommand(script, directory, ...args), {
    env: Deno.env.toObject(),
    cwd: directory,
    ready: /ready (\d+)/,
  });
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${child.ready[1]}/`,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

export function bareCommand(script: string, ...args: string[]): string[] {
  const { pathname } = new URL(script, import.meta.url);
  return [Deno.execPath(), "run", "--no-lock", "--no-config", "--unstable-kv", "-A", pathname, ...args];
}
