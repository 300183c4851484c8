import assert from "node:assert/strict";
import { cliServer } from "../support/cli_server.ts";
import { randomBytes, randomSha256 } from "../support/random_bytes.ts";

const MIB = 1024 * 1024;

Deno.test("standard input goes up as it comes, under the name that is given", async () => {
  await using server = await cliServer();
  const bytes = randomBytes(3 * MIB + 1, { seed: 3 });
  for (const spool of [[], ["--spool"]]) {
    const name = `数据 ${spool.length}.bin`;
    const args = ["up", "-", "--name", name, "--visibility", "users", "--json", ...spool];
    const { code, stdout, stderr } = await server.me.run(args, { stdin: bytes });
    assert.equal(code, 0, stderr);
    const { attachment } = JSON.parse(stdout);
    assert.deepEqual([attachment.fileName, attachment.size, attachment.visibility], [
      name,
      bytes.length,
      "users",
    ]);
    assert.equal(attachment.sha256, randomSha256(bytes.length, { seed: 3 }));
  }
  const named = await server.me.run(["up", "-", "--name", "backup.tar"], { stdin: bytes });
  assert.match(named.stdout, /^\d+ {2}backup\.tar {2}\(/);
  const empty = await server.me.run(["up", "-", "--name", "empty", "-q"]);
  assert.equal(empty.code, 0, empty.stderr);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(server.me.join(".local/state/pawl/spool"))), []);
});

Deno.test("a stream that was kept in a file survives a refusal, and can be sent from there", async () => {
  await using server = await cliServer();
  const args = ["up", "-", "--name", "it's.pdf", "--type", "Image", "--spool"];
  const { code, stderr } = await server.me.run(args, { stdin: "no picture" });
  assert.equal(code, 5);
  const [, quoted] = /Go on with: pawl up ('.*') \(/.exec(stderr) ?? [];
  assert.ok(quoted, stderr);
  const path = quoted.slice(1, -1).replaceAll("'\\''", "'");
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  assert.equal(await Deno.readTextFile(path), "no picture");
  assert.equal((await server.me.run(["up", path])).code, 0);
});

Deno.test("a stream that is refused says why", async () => {
  await using server = await cliServer({
    pawlJson: { businessTypes: { Small: { maxBytes: 100, extensions: [".txt"] } } },
  });
  const args = ["up", "-", "--name", "large.txt", "--type", "Small"];
  const { code, stdout, stderr } = await server.me.run(args, { stdin: randomBytes(MIB, { seed: 1 }) });
  assert.deepEqual([code, stdout], [5, ""], stderr);
  assert.match(stderr, /^pawl: large\.txt: .*100 bytes/);
});
