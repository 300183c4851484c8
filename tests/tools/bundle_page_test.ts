import assert from "node:assert/strict";
import { tempDir } from "../support/temp_dir.ts";

const ROOT = new URL("../../", import.meta.url);

/** A clone as far as the page needs it; its own `static/` may be changed. */
async function clone(project: string): Promise<void> {
  await Deno.mkdir(`${project}/static`, { recursive: true });
  for (const name of ["client", "routes", "tools"]) {
    await Deno.symlink(new URL(name, ROOT), `${project}/${name}`);
  }
  for (const name of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(new URL(name, ROOT), `${project}/${name}`);
  }
  const copy = new Deno.Command("cp", { args: ["-R", new URL("static", ROOT).pathname, project] });
  assert.ok((await copy.output()).success);
}

async function build(project: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "page"],
    cwd: project,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, said: text.decode(stdout), complained: text.decode(stderr) };
}

Deno.test("the page is made once, anew when its sources have changed, and kept when they are wrong", async () => {
  await using dir = await tempDir();
  const project = dir.join("a clone");
  await clone(project);
  const target = `${project}/.cache/page.json`;
  const page = async () => JSON.parse(await Deno.readTextFile(target));
  const paths = async () => (await page()).files.map(({ path }: { path: string }) => path);

  // Several at once, as tests that run in parallel would: each leaves a whole one.
  const first = await Promise.all([build(project), build(project), build(project)]);
  assert.deepEqual(first.map(({ code }) => code), [0, 0, 0], first[0]!.complained);
  const made = await paths();
  assert.ok(made.includes("/") && made.includes("/static/icon.svg"));
  const { mtime } = await Deno.stat(target);
  const second = await build(project);
  assert.deepEqual([second.code, second.said], [0, ""]);
  assert.deepEqual((await Deno.stat(target)).mtime, mtime);

  await Deno.writeTextFile(`${project}/static/styles/base.css`, "\nbody { color: red }\n", { append: true });
  const changed = await build(project);
  assert.match(changed.said, /^Page built: .*KiB compressed\n$/);
  const renamed = (await paths()).filter((path: string) => !made.includes(path));
  assert.equal(renamed.length, 1);
  assert.match(renamed[0]!, /^\/static\/page-\w{10}\.css$/);

  await Deno.writeTextFile(`${project}/static/page.tsx`, "\nimport './none.ts';\n", { append: true });
  const wrong = await build(project);
  assert.equal(wrong.code, 1);
  assert.match(wrong.complained, /^The page cannot be built: .*none\.ts/);
  assert.ok((await paths()).includes(renamed[0]!));
  assert.deepEqual((await Array.fromAsync(Deno.readDir(`${project}/.cache`))).map(({ name }) => name), [
    "page.json",
  ]);
});
