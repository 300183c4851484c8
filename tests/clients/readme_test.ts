import assert from "node:assert/strict";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const README = new URL("../../README.md", import.meta.url);
const curl = tool("curl", import.meta.url);

Deno.test({
  name: "the README's curl commands work when pasted",
  ignore: curl === null,
  fn: async () => {
    const blocks = [...(await Deno.readTextFile(README)).matchAll(/```sh\n(.*?)```/gs)].map(([, block]) =>
      block!
    );
    const pasted = blocks.filter((block) => block.includes("curl")).join("\n");
    // With the limits that everybody has.
    await using server = await startServer({ config: { limits: {} } });
    await using dir = await tempDir();

    const origin = server.url.origin;
    const script = pasted
      .replaceAll("http://127.0.0.1:8000", origin)
      .replace(/^TOKEN=.*$/m, `TOKEN=${await server.token({ sub: "me" })}`);
    assert.notEqual(script, pasted);
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-euo", "pipefail", "-c", script],
      cwd: dir.path,
    }).output();

    const output = new TextDecoder().decode(stdout);
    assert.equal(new TextDecoder().decode(stderr), "");
    assert.match(output, /"receivedBytes":5000000,"progress":100/);
    assert.match(output, /"fileName":"film.mp4"/);
    assert.match(output, /same\n$/);
  },
});
