import assert from "node:assert/strict";
import { type OfServer, runTask } from "../support/commands.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { readArguments } from "../../tools/audit.ts";

const audit = (args: string[], of: OfServer) => runTask("audit", args, of);

Deno.test("the audit is verified through the running server, and by itself when none runs", async () => {
  await using server = await startServer();
  const head = "f".repeat(64);
  const running = await audit(["verify"], server);
  assert.equal(running.code, 0, running.stderr);
  assert.match(running.stdout, /Intact/);
  const other = await audit(["verify", "--head", head], server);
  assert.equal(other.code, 3, other.stdout);
  assert.match(other.stderr, /cut off/);
  await server.stop();
  const alone = await audit(["verify"], server);
  assert.equal(alone.code, 0, alone.stderr);
  assert.match(alone.stdout, /Intact/);
});

Deno.test("where no store is, nothing is called intact", async () => {
  await using dir = await tempDir();
  const { code, stdout, stderr } = await audit(["verify"], { dataDir: dir.path, secret: "x".repeat(32) });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /no records in/);
});

Deno.test("what cannot be understood is said in a sentence", () => {
  assert.deepEqual(readArguments(["verify"]), {});
  assert.deepEqual(readArguments(["verify", "--help"]), { help: true });
  assert.ok("mistake" in readArguments([]));
  assert.ok("mistake" in readArguments(["seal"]));
  assert.ok("mistake" in readArguments(["verify", "--head", "12"]));
});
