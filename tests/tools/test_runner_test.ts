import assert from "node:assert/strict";
import { tempDir } from "../support/temp_dir.ts";

const runner = new URL("../../tools/test.ts", import.meta.url).pathname;
const toolsModule = new URL("../support/tools.ts", import.meta.url).href;

const PASSES = `Deno.test("good", () => {});`;
const FAILS = `Deno.test("bad", () => { throw new Error("on purpose"); });`;
const NEEDS_WGET = `
  import { tool } from "${toolsModule}";
  Deno.test({ name: "by wget", ignore: tool("wget", import.meta.url) === null, fn() {} });`;

/** Runs the runner over `files`, where neither a program nor \`deno\` is on PATH. */
async function run(files: Record<string, string>, { ci = false, args = [] as string[] } = {}) {
  await using dir = await tempDir();
  for (const [name, source] of Object.entries(files)) await Deno.writeTextFile(dir.join(name), source);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", runner, "--no-check", ...args, dir.path],
    env: { PATH: dir.join("no_programs"), CI: ci ? "true" : "", NO_COLOR: "1" },
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  return { code, lines, last: lines.at(-1) };
}

Deno.test("the test command ends with the totals and succeeds when all tests passed", async () => {
  const { code, last, lines } = await run({ "a_test.ts": PASSES, "b_test.ts": PASSES });
  assert.equal(last, "2 passed, 0 failed");
  assert.equal(code, 0);
  assert(lines.some((line) => line.includes("good ... ok")), "the output of deno test is shown");
});

Deno.test("the test command fails when one test failed", async () => {
  const { code, last } = await run({ "a_test.ts": PASSES, "b_test.ts": FAILS });
  assert.equal(last, "1 passed, 1 failed");
  assert.equal(code, 1);
});

Deno.test("the test command fails when a module cannot be loaded or nothing was executed", async () => {
  const broken = await run({ "a_test.ts": PASSES, "b_test.ts": `throw new Error("on purpose");` });
  assert.equal(broken.last, "1 passed, 1 failed");
  assert.equal(broken.code, 1);
  const none = await run({ "a_test.ts": PASSES }, { args: ["--filter=nothing is called so"] });
  assert.equal(none.last, "0 passed, 1 failed");
  assert.equal(none.code, 1);
});

Deno.test("the test command names what it skipped and why", async () => {
  const { code, last, lines } = await run({ "a_test.ts": PASSES, "b_test.ts": NEEDS_WGET });
  assert.equal(last, "1 passed, 0 failed, 1 skipped");
  assert.equal(code, 0);
  assert(lines.some((line) => /^Not installed: this system has no apt-get\.$/.test(line)), lines.join("\n"));
  assert(lines.some((line) => /^skipped: by wget \(.*b_test\.ts\): wget is not installed$/.test(line)));
});

Deno.test("with CI=true the test command counts a skipped test as failed", async () => {
  const { code, last } = await run({ "a_test.ts": PASSES, "b_test.ts": NEEDS_WGET }, { ci: true });
  assert.equal(last, "1 passed, 1 failed");
  assert.equal(code, 1);
});
