import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { encoded } from "../services/images/pictures.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const analyze = tool("systemd-analyze", import.meta.url);
const strace = tool("strace", import.meta.url);
const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

async function run(args: string[]): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(analyze!, { args, env: { LC_ALL: "C" } }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

/** The unit as an operator copies it, for a clone that lies here. */
async function unitIn(folder: string): Promise<string> {
  const unit = await Deno.readTextFile(new URL("../../deploy/pawl.service", import.meta.url));
  const path = `${folder}/pawl.service`;
  await Deno.writeTextFile(path, unit.replaceAll("/opt/pawl", root));
  return path;
}

/** All calls of a filter such as `@system-service @pkey`. */
async function callsOf(filter: string): Promise<Set<string>> {
  const sets = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of (await run(["syscall-filter", "--no-pager"])).output.split("\n")) {
    const word = line.trim();
    if (line.startsWith("@")) sets.set(word, current = []);
    else if (word !== "" && !word.startsWith("#")) current.push(word);
  }
  const expand = (word: string): string[] =>
    word.startsWith("@") ? (sets.get(word) ?? []).flatMap(expand) : [word];
  return new Set(filter.split(" ").flatMap(expand));
}

Deno.test({
  name: "systemd finds nothing wrong with the unit, and little that the service may do beyond its work",
  ignore: analyze === null,
  async fn() {
    await using dir = await tempDir();
    const unit = await unitIn(dir.path);
    assert.deepEqual(await run(["verify", "--man=no", unit]), { code: 0, output: "" });
    const { code, output } = await run(["security", "--offline=true", "--threshold=20", "--no-pager", unit]);
    assert.equal(code, 0, output);
  },
});

Deno.test({
  name: "the unit lets the server call whatever it calls of the kernel",
  ignore: analyze === null || strace === null,
  async fn() {
    await using dir = await tempDir();
    const trace = dir.join("trace");
    await using server = await startServer({
      env: { PAWL_HOST: "0.0.0.0" },
      wrapper: [strace!, "-D", "-f", "-qqq", "-o", trace],
    });
    const put = await server.fetch("/api/v1/files/a.png?businessType=Image", {
      method: "PUT",
      body: await encoded("png", { width: 400, height: 300 }),
    });
    assert.equal(put.status, 201);
    const { url } = await put.json();
    for (const path of [`${url}?variant=thumbnail`, url, "/", "/health/ready", "/metrics", "/docs"]) {
      const response = await server.fetch(path);
      assert.equal(response.status, 200, path);
      await response.bytes();
    }
    assert.equal((await server.stop()).code, 0);

    const text = await Deno.readTextFile(trace);
    const called = new Set([...text.matchAll(/^\d+ +([a-z]\w*)\(/gm)].map(([, name]) => name!));
    assert.ok(called.has("fdatasync") && called.has("statfs") && called.has("listen"), "it was traced");
    const unit = await Deno.readTextFile(new URL("../../deploy/pawl.service", import.meta.url));
    const allowed = await callsOf(/^SystemCallFilter=(.*)$/m.exec(unit)![1]!);
    assert.deepEqual([...called].filter((name) => !allowed.has(name)), []);

    const families = /^RestrictAddressFamilies=(.*)$/m.exec(unit)![1]!.split(" ");
    const opened = new Set([...text.matchAll(/ socket\((AF_\w+),/g)].map(([, family]) => family!));
    assert.deepEqual([...opened].filter((family) => !families.includes(family)), []);
  },
});
