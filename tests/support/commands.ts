/** Tasks of `deno.json` as an operator runs them, on the data directory of a server. */
import { fileURLToPath } from "node:url";

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
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("PAWL_"));
  return {
    ...Object.fromEntries(inherited),
    PAWL_DATA_DIR: dataDir,
    PAWL_JWT_SECRET: secret,
    NO_COLOR: "1",
  };
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
