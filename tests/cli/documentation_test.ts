import assert from "node:assert/strict";
import { commandDocs, updatePage } from "../../tools/command_docs.ts";

const root = new URL("../../", import.meta.url);

Deno.test("docs/command-line.md says what --help says", async () => {
  const page = await Deno.readTextFile(new URL("docs/command-line.md", root));
  assert.equal(page, updatePage(page, commandDocs()), "run: deno task docs");
});

Deno.test("every command has an example, and the page names every variable that the task may read", async () => {
  const sections = commandDocs()["commands"]!.split("\n### ");
  assert.ok(sections.length >= 13);
  for (const section of sections) assert.match(section, /^ {2}\$ .*pawl /m);
  const page = await Deno.readTextFile(new URL("docs/command-line.md", root));
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const variables = /--allow-env=(\S+)/.exec(tasks.pawl)![1]!.split(",");
  for (const name of variables) assert.ok(page.includes(`\`${name}\``), `${name} is not named`);
});

Deno.test("a page without a place for a part is refused", () => {
  assert.throws(() => updatePage("no marks", { commands: "x" }), /no place for the commands/);
});
