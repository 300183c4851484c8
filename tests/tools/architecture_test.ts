/** ARCHITECTURE.md is the map of what is there, and of all of it. */
import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, root));
const map = await read("ARCHITECTURE.md");

Deno.test("ARCHITECTURE.md has every key of the database, and no other", async () => {
  const names = (text: string) =>
    new Set([...text.matchAll(/\[\s*"([a-z0-9_]+)"/g)].map(([, name]) => name!));
  assert.deepEqual([...names(map)].sort(), [...names(await read("services/records/keys.ts"))].sort());
});

Deno.test("ARCHITECTURE.md says of every folder of services/ and routes/ what is in it", () => {
  for (const room of ["services", "routes"]) {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(room, root))) {
      if (!isDirectory || name === "admin") continue; // Of routes/; told in its line.
      assert.ok(map.includes(`| \`${room}/${name}/\``), `${room}/${name}/ is not on the map`);
    }
  }
});

Deno.test("ARCHITECTURE.md says of every dependency why it is there", async () => {
  const { imports } = JSON.parse(await read("deno.json"));
  for (const name of Object.keys(imports)) {
    const [, packageName] = /^((?:@[^/]+\/)?[^/]+)/.exec(name)!;
    assert.ok(map.includes(`\`${packageName}\``), `${packageName} is not explained`);
  }
});
