/**
 * `deno task pack [FILE]`: the npm package of the client library, as `deno pack` makes it, with the `pawl` command
 * beside it, ready for `npm publish FILE`.
 */
import { fileURLToPath } from "node:url";
import { bundleCommand } from "./bundle_command.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const SETTINGS = "client/pack.json";
const COMMAND = "bin/pawl.js";
/** What the library and the command need: `process.getBuiltinModule`. */
const NODE = ">=20.16";

async function runTool(program: string, args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(program, { args, cwd: root, stdin: "null" }).output();
  if (code !== 0) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
  }
}

/** Writes the tarball to `file`, an absolute path. Needs `tar`. */
export async function packClient(file: string): Promise<void> {
  const scratch = await Deno.makeTempDir({ prefix: "pawl_pack_" });
  try {
    const library = `${scratch}/library.tgz`;
    await runTool(Deno.execPath(), [
      "pack",
      "-q",
      "--allow-dirty",
      "--config",
      SETTINGS,
      "--output",
      library,
    ]);
    await runTool("tar", ["-xzf", library, "-C", scratch]);
    const manifest = `${scratch}/package/package.json`;
    const { description } = JSON.parse(await Deno.readTextFile(root + SETTINGS));
    const made = JSON.parse(await Deno.readTextFile(manifest));
    const whole = { ...made, description, engines: { node: NODE }, bin: { pawl: `./${COMMAND}` } };
    await Deno.writeTextFile(manifest, JSON.stringify(whole, null, 2) + "\n");
    await Deno.mkdir(`${scratch}/package/bin`);
    await Deno.writeTextFile(`${scratch}/package/${COMMAND}`, await bundleCommand(), { mode: 0o755 });
    await runTool("tar", ["-czf", file, "-C", scratch, "package"]);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

if (import.meta.main) {
  const { version } = JSON.parse(await Deno.readTextFile(root + SETTINGS));
  const file = Deno.args[0] ?? `pawl-client-${version}.tgz`;
  await packClient(file.startsWith("/") ? file : `${Deno.cwd()}/${file}`);
  console.log(file);
}
