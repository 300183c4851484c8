import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startServer } from "../support/server.ts";
import { readArguments } from "../../tools/audit.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

async function audit(args: string[], { dataDir, secret }: { dataDir: string; secret: string }) {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("PAWL_"));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "audit", ...args],
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), PAWL_DATA_DIR: dataDir, PAWL_JWT_SECRET: secret, NO_COLOR: "1" },
    clearEnv: true,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

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

Deno.test("what cannot be understood is said in a sentence", () => {
  assert.deepEqual(readArguments(["verify"]), {});
  assert.deepEqual(readArguments(["verify", "--help"]), { help: true });
  assert.ok("mistake" in readArguments([]));
  assert.ok("mistake" in readArguments(["seal"]));
  assert.ok("mistake" in readArguments(["verify", "--head", "12"]));
});
