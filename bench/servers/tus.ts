/** The peer for uploads: `@tus/server` with `@tus/file-store` under Node, as most of its users run it. */
import { startChild } from "../../tests/support/child.ts";
import { removeFiles } from "./directory.ts";

/** Exact versions, so that figures can be compared. */
export const TUS_PACKAGES = ["@tus/server@2.4.5", "@tus/file-store@2.1.1"];

/** A server that speaks tus. */
export interface TusServer {
  pid: number;
  /** Where uploads are created. */
  url: string;
  removeData(): Promise<void>;
}

export interface TusPeers extends AsyncDisposable {
  /** As its documentation shows it: no digests, no syncs. */
  plain: TusServer;
  /** With what Pawl promises besides; see `tus_server_checked.mjs`. */
  checked: TusServer;
  /** Node and the packages. */
  version: string;
}

/** Throws when Node or npm is missing, or the packages cannot be had. */
export async function startTus(directory: string): Promise<TusPeers> {
  const home = `${directory}/server`;
  await Deno.mkdir(home);
  await Deno.writeTextFile(`${home}/package.json`, '{"private": true, "type": "module"}');
  await run("npm", ["install", "--no-audit", "--no-fund", "--save-exact", ...TUS_PACKAGES], home);
  const node = (await run("node", ["--version"], home)).trim();
  await using stack = new AsyncDisposableStack();
  const plain = stack.use(await start(home, { script: "tus_server.mjs", files: `${directory}/files` }));
  const checked = stack.use(
    await start(home, { script: "tus_server_checked.mjs", files: `${directory}/checked_files` }),
  );
  const owned = stack.move();
  return {
    plain,
    checked,
    version: `Node ${node.replace("v", "")}, ${TUS_PACKAGES.join(", ")}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Runs `script` of this folder beside the packages in `home`. */
async function start(
  home: string,
  { script, files }: { script: string; files: string },
): Promise<TusServer & AsyncDisposable> {
  await Deno.mkdir(files);
  await Deno.copyFile(new URL(script, import.meta.url), `${home}/${script}`);
  const child = await startChild(["node", `${home}/${script}`, files], {
    env: { PATH: Deno.env.get("PATH") ?? "", NODE_ENV: "production" },
    cwd: home,
    ready: /ready (\d+)/,
  });
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${child.ready[1]}/files`,
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
