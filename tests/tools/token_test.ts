import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openAccess } from "../../services/access/access.ts";
import { signInLink } from "../../services/access/sign_in_link.ts";
import { readArguments } from "../../tools/token.ts";
import { cleanEnvironment } from "../support/environment.ts";
import { tempDir } from "../support/temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Runs the tool as `deno task token` does, in `cwd` and with no PAWL_* variables but `env`. */
async function token(args: string[], { cwd, env = {} }: { cwd: string; env?: Record<string, string> }) {
  const permissions = ["--allow-env", "--allow-read", "--allow-write", "--no-prompt"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", `--config=${ROOT}deno.json`, ...permissions, `${ROOT}tools/token.ts`, ...args],
    cwd,
    env: cleanEnvironment(env),
    clearEnv: true,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

function verify(secret: string, bearer: string) {
  return openAccess({ secret, issuer: null, now: Date.now }).verifyBearer(bearer);
}

Deno.test("Two runs at once on a fresh directory print tokens of one secret, and nothing else", async () => {
  await using dir = await tempDir();
  const runs = await Promise.all(
    ["alice", "bob"].map((user) =>
      token(["--user", user, "--role", "admin", "--hours", "2", "--name", "Somebody"], { cwd: dir.path })
    ),
  );
  const secret = (await Deno.readTextFile(dir.join("data/secret"))).trim();
  for (const [i, { code, stdout, stderr }] of runs.entries()) {
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { caller, expiresAt } = await verify(secret, stdout.trim());
    assert.deepEqual(caller, { id: ["alice", "bob"][i], role: "admin", name: "Somebody" });
    assert(Math.abs(expiresAt - Date.now() - 2 * 3_600_000) < 600_000);
  }
});

Deno.test("The link carries the token in its fragment, for the public address and the configured secret", async () => {
  await using dir = await tempDir();
  const env = {
    PAWL_PUBLIC_URL: "https://files.example",
    PAWL_JWT_SECRET: "a configured secret, long enough for all",
  };
  const { code, stdout, stderr } = await token(["--user", "alice", "--link"], { cwd: dir.path, env });
  assert.equal(code, 0, stderr);
  const [, bearer] = /^https:\/\/files\.example\/#token=(\S+)\n$/.exec(stdout) ?? assert.fail(stdout);
  assert.equal((await verify(env.PAWL_JWT_SECRET, bearer!)).caller.role, "user");
  assert.deepEqual(Array.from(Deno.readDirSync(dir.path)), [], "no data directory is made");
});

Deno.test("What cannot be done is said on stderr, with code 1", async () => {
  await using dir = await tempDir();
  const runs: [string[], Record<string, string>, RegExp][] = [
    [["--user", "alice", "--color", "red"], {}, /--color/],
    [["--user", "a/b"], {}, /1 to 128 letters/],
    [["--user", "alice"], { PAWL_PORT: "many" }, /PAWL_PORT/],
    [["--user", "alice", "--link"], { PAWL_PORT: "0" }, /PAWL_PORT or PAWL_PUBLIC_URL/],
  ];
  await Promise.all(runs.map(async ([args, env, expected]) => {
    const { code, stdout, stderr } = await token(args, { cwd: dir.path, env });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /\n {4}at /, "no stack");
  }));
});

Deno.test("Help goes to stdout and needs no configuration", async () => {
  await using dir = await tempDir();
  const { code, stdout } = await token(["--help"], { cwd: dir.path, env: { PAWL_PORT: "many" } });
  assert.equal(code, 0);
  for (const option of ["--user", "--role", "--hours", "--name", "--link"]) assert(stdout.includes(option));
  assert.deepEqual(Array.from(Deno.readDirSync(dir.path)), []);
});

Deno.test("Arguments have defaults, and every mistake in them is told at once", () => {
  assert.deepEqual(readArguments(["--user", "alice"]), {
    token: { user: "alice", role: "user", hours: 8 },
    link: false,
  });
  assert.deepEqual(readArguments(["--user=bob", "--role=admin", "--hours=0.5", "--name=Bob", "--link"]), {
    token: { user: "bob", role: "admin", hours: 0.5, name: "Bob" },
    link: true,
  });
  const wrong = readArguments(["--role", "root", "--hours", "-1e3"]);
  assert("mistakes" in wrong);
  const all = readArguments(["--role", "root", "--hours", "soon"]);
  assert("mistakes" in all && all.mistakes.length === 3);
  for (
    const args of [["alice"], ["--user"], ["--user", "a", "--hours", "0"], ["--user", "a", "--hours", ""], [
      "-x",
    ]]
  ) {
    const request = readArguments(args);
    assert("mistakes" in request && request.mistakes.length === 1, args.join(" "));
  }
});

Deno.test("The sign-in link leads to an address that can be opened", () => {
  const link = (host: string) => signInLink("t", { publicUrl: null, host, port: 8000 });
  assert.equal(link("127.0.0.1"), "http://127.0.0.1:8000/#token=t");
  assert.equal(link("0.0.0.0"), "http://127.0.0.1:8000/#token=t");
  assert.equal(link("::"), "http://[::1]:8000/#token=t");
  assert.equal(link("fd00::1"), "http://[fd00::1]:8000/#token=t");
});
