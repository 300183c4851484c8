import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { tempDir } from "../support/temp_dir.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("on Deno Deploy, whose disks do not stay, the server refuses to start and says why; nothing is made", async () => {
  const { deploy } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  assert.deepEqual(deploy.runtime, { type: "dynamic", entrypoint: "main.ts" });
  await using dir = await tempDir();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    // As it runs there.
    args: ["run", "-q", "--allow-all", `${root}${deploy.runtime.entrypoint}`],
    cwd: dir.path,
    env: { DENO_DEPLOY: "true", PAWL_DATA_DIR: dir.join("data") },
  }).output();
  assert.equal(code, 1);
  assert.match(
    new TextDecoder().decode(stderr),
    /^Pawl cannot run on Deno Deploy yet: .* docs\/operations\.md\.\n$/,
  );
  assert.deepEqual(await Array.fromAsync(Deno.readDir(dir.path)), []);
});
