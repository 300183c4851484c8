import assert from "node:assert/strict";
import { helpText } from "../../config/help.ts";
import { pawlJsonSchema } from "../../config/json_schema.ts";
import { VARIABLES } from "../../config/read_environment.ts";
import { ROWS } from "../../config/settings.ts";
import { configDocs, staleDocs } from "../../tools/config_docs.ts";
import { tempDir } from "../support/temp_dir.ts";

const DOCS = new URL("../../docs/", import.meta.url);

Deno.test("docs/configuration.md and docs/pawl.schema.json are in step with the table of settings", async () => {
  assert.deepEqual(await staleDocs(configDocs(), DOCS), [], "run: deno task docs");
});

Deno.test("a file of docs/ that is missing or differs is noticed", async () => {
  await using dir = await tempDir();
  const folder = new URL(`file://${dir.path}/`);
  await Deno.writeTextFile(dir.join("a.md"), "old");
  await Deno.writeTextFile(dir.join("b.md"), "new");
  assert.deepEqual(await staleDocs({ "a.md": "new", "b.md": "new", "c.md": "new" }, folder), [
    "a.md",
    "c.md",
  ]);
});

Deno.test("every setting is documented once, with its rule, in --help and in docs/configuration.md", () => {
  const words = (text: string) => text.replace(/\s+/g, " ");
  const help = words(helpText());
  const markdown = words(configDocs()["configuration.md"]!.replaceAll("\\|", "|"));
  for (const row of ROWS) {
    for (const text of [help, markdown]) {
      assert(text.includes(row.description), `${row.id} is not described`);
      assert(text.includes(row.rule), `${row.id} lacks its rule`);
    }
    for (const name of [row.env, row.key]) {
      if (name !== undefined) assert(help.includes(` ${name} `) && markdown.includes(`\`${name}\``), name);
    }
  }
  assert(help.includes(" PAWL_JWT_SECRET_FILE "));
});

Deno.test("--help fits into 100 columns", () => {
  const longest = Math.max(...helpText().split("\n").map((line) => line.length));
  assert(longest <= 100, `${longest} columns`);
  assert(!/\b(undefined|null|\[object)/.test(helpText()));
});

Deno.test("no name of a setting is used twice", () => {
  const names = [...VARIABLES, ...ROWS.flatMap((row) => row.key ?? [])];
  assert.equal(new Set(names).size, names.length);
  for (const row of ROWS) assert(row.env !== undefined || row.key !== undefined, row.id);
});

Deno.test("a setting that has a key has it as its field of Config", () => {
  for (const row of ROWS) if (row.key !== undefined) assert.equal(row.key, row.id);
});

Deno.test("every default obeys its own rule", () => {
  for (const row of ROWS) if (row.default !== null) assert(row.schema.safeParse(row.default).success, row.id);
});

Deno.test("the JSON schema knows every key of pawl.json and refuses others", () => {
  type Schema = { properties: Record<string, Schema>; additionalProperties?: boolean; default?: unknown };
  const root = pawlJsonSchema() as unknown as Schema;
  assert.equal(root.additionalProperties, false);
  for (const row of ROWS) {
    if (row.key === undefined) continue;
    const schema = row.key.split(".").reduce((at, name) => at.properties[name]!, root);
    assert.deepEqual(schema.default, row.default, row.key);
  }
  assert.equal(root.properties.chunks!.additionalProperties, false);
  assert.equal(root.properties.port, undefined);
});
