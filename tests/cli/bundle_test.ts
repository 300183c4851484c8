import assert from "node:assert/strict";
import { bundleCommand } from "../../tools/bundle_command.ts";
import { type Person, person } from "../support/cli.ts";
import { cliServer } from "../support/cli_server.ts";
import { assertSameBytes } from "../support/client_program.ts";
import { newEnoughNode } from "../support/node_program.ts";
import { openTerminal } from "../support/pseudo_terminal.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { tool } from "../support/tools.ts";

const node = tool("node", import.meta.url);
const npm = tool("npm", import.meta.url);
const MIB = 1024 * 1024;

/** With a cache of its own, so that what it loads goes with its person. */
async function runCommand([program, ...args]: string[], me: Person) {
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args,
    cwd: me.join("."),
    env: { ...me.env, DENO_DIR: me.join(".deno") },
    clearEnv: true,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test({
  name: "as one file the command runs in Node 20: up, down, bars, exit codes",
  ignore: node === null || npm === null,
  async fn() {
    await using server = await cliServer();
    const { me } = server;
    await Deno.writeTextFile(me.join("pawl.mjs"), await bundleCommand());
    const bytes = randomBytes(5 * MIB, { seed: 1 });
    await Deno.writeFile(me.join("文件 🎉.bin"), bytes);
    const program = await newEnoughNode({ node: node!, npm: npm!, directory: me.join(".") });
    const pawl = (...args: string[]) => runCommand([program, "pawl.mjs", ...args], me);

    const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
    assert.deepEqual(await pawl("--version"), { code: 0, stdout: `${version}\n`, stderr: "" });
    const up = await pawl("up", "文件 🎉.bin", "--json");
    assert.equal(up.code, 0, up.stderr);
    const down = await pawl("down", JSON.parse(up.stdout).attachment.id, "-o", "copy.bin");
    assert.equal(down.code, 0, down.stderr);
    assertSameBytes(await Deno.readFile(me.join("copy.bin")), bytes);
    assert.equal((await pawl("info", "absent")).code, 4);

    await using terminal = await openTerminal(
      [program, "pawl.mjs", "down", "文件 🎉.bin", "-o", "again.bin"],
      {
        cwd: me.join("."),
        env: me.env,
      },
    );
    assert.equal(await terminal.ended, 0, terminal.text());
    assert.match(terminal.text(), /^again\.bin {2}\(5\.24 MB in .*, digest right\)$/);
    assert.equal(terminal.cursorVisible, true);
  },
});

Deno.test("as one file the command runs from an address, with the permissions of the task and no more", async () => {
  await using server = await cliServer();
  await using me = await person({ url: server.url, token: server.token });
  const code = await bundleCommand();
  await using host = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(code, { headers: { "Content-Type": "text/javascript" } }),
  );
  const [deno, ...rest] = me.command;
  const flags = rest.filter((word) => /^--(allow|no-prompt)/.test(word));
  const address = `http://127.0.0.1:${host.addr.port}/pawl.js`;
  await Deno.writeTextFile(me.join("a.txt"), "a");
  const run = (...args: string[]) => runCommand([deno!, "run", "-q", ...flags, address, ...args], me);
  const up = await run("up", "a.txt", "-q");
  assert.equal(up.code, 0, up.stderr);
  assert.match(up.stdout, /^\d+\n$/);
  const list = await run("ls", "-q");
  assert.equal(list.stdout, up.stdout);
});
