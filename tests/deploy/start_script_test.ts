import assert from "node:assert/strict";

const file = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));

Deno.test("deploy/start.sh runs the server as deno task start does, but for what it must not download", async () => {
  const { tasks } = JSON.parse(await file("deno.json"));
  const script = await file("deploy/start.sh");
  const asked = (text: string) =>
    [...text.matchAll(/permissions\.ts (\w+)|flag (\w+)/g)].map((m) => m[1] ?? m[2]);
  const task: string = tasks.start.command;
  assert.deepEqual(asked(script).sort(), asked(task).sort());

  const [, exec] = /^exec (.*)$/m.exec(script)!;
  const words = exec!.replaceAll(/"?\$(read|write|ffi|other|@)"?/g, "").replace("--cached-only", "");
  const expected = task.replaceAll(/"?\$\([^)]*\)"?/g, "");
  assert.deepEqual(words.split(/\s+/).filter(Boolean), expected.split(/\s+/).filter(Boolean));
  const { mode } = await Deno.stat(new URL("../../deploy/start.sh", import.meta.url));
  assert.equal(mode! & 0o111, 0o111, "it may be run");
});
