/** The peer for uploads: `@tus/server` with `@tus/file-store` under Node, as most of its users run it. */
import { startChild } from "../../tests/support/child.ts";
import { removeFiles } from "./directory.ts";

/** Exact versions, so that figures can be compared. */
export const TUS_PACKAGES = ["@tus/server@2.4.5", "@tus/file-store@2.1.1"];

export interface TusServer extends AsyncDisposable {
  pid: number;
  /** Where uploads are created. */
  url: string;
  /** Node and the packages. */
  version: string;
  removeData(): Promise<void>;
}

/** Throws when Node or npm is missing, or the packages cannot be had. */
export async function startTus(directory: string): Promise<TusServer> {
  const home = `${directory}/server`;
  const files = `${directory}/files`;
  await Deno.mkdir(home);
  await Deno.mkdir(files);
  await Deno.writeTextFile(`${home}/package.json`, '{"private": true, "type": "module"}');
  await run("npm", ["install", "--no-audit", "--no-fund", "--save-exact", ...TUS_PACKAGES], home);
  await Deno.copyFile(new URL("./tus_server.mjs", import.meta.url), `${home}/tus_server.mjs`);
  const node = (await run("node", ["--version"], home)).trim();
  const child = await startChild(["node", `${home}/tus_server.mjs`, files], {
    env: { PATH: Deno.env.get("PATH") ?? "", NODE_ENV: "production" },
    cwd: home,
    ready: /ready (\d+)/,
  });
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${child.ready[1]}/files`,
    version: `Node ${node.replace("v", "")}, ${TUS_PACKAGES.join(", ")}`,
    removeData: () => removeFiles(files),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

async function run(program: string, args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed: ${text.decode(stderr)}`);
  return text.decode(stdout);
}
