import assert from "node:assert/strict";
import { packClient } from "../../tools/pack_client.ts";
import { cliServer } from "../support/cli_server.ts";
import { installPackages } from "../support/npm_packages.ts";
import { newEnoughNode } from "../support/node_program.ts";
import { tool } from "../support/tools.ts";

const node = tool("node", import.meta.url);
const npm = tool("npm", import.meta.url);

Deno.test({
  name: "installed from npm's package, pawl is a command in Node, and one that Deno runs from it",
  ignore: node === null || npm === null,
  async fn() {
    await using server = await cliServer();
    const { me } = server;
    await packClient(me.join("client.tgz"));
    await Deno.mkdir(me.join("app"));
    await installPackages(npm!, { directory: me.join("app"), packages: [me.join("client.tgz")] });
    await Deno.writeTextFile(me.join("app/a.txt"), "packed");

    const run = async (program: string, ...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args,
        cwd: me.join("app"),
        env: me.env,
        clearEnv: true,
        stdin: "null",
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
    const program = await newEnoughNode({ node: node!, npm: npm!, directory: me.join(".") });
    const pawl = (...args: string[]) => run(program, "node_modules/.bin/pawl", ...args);
    assert.equal(await pawl("--version"), `${version}\n`);
    const id = await pawl("up", "a.txt", "-q");
    const from = ["run", "-q", "-A", "--node-modules-dir=manual", "npm:@pawl/client/pawl"];
    assert.equal(await run(Deno.execPath(), ...from, "ls", "-q"), id);
  },
});
