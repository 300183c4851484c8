/** What docs/operations.md says, tried. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { cleanEnvironment } from "../support/environment.ts";
import { startApp } from "../support/app.ts";
import { readMetrics } from "../support/metrics.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = await Deno.readTextFile(`${root}docs/operations.md`);
const curl = tool("curl", import.meta.url);

Deno.test({
  name: "the commands of docs/operations.md that ask a running server, or nothing, work when pasted",
  ignore: curl === null,
  async fn() {
    await using server = await startServer();
    const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!);
    const pasted = blocks.filter((block) => /^(curl|deno run) /.test(block));
    assert.equal(pasted.length, 3);
    const outputs = [];
    for (const block of pasted) {
      const command = block.replaceAll("http://127.0.0.1:8000/", server.url.href)
        .replace(/^deno /, `'${Deno.execPath()}' `);
      const { code, stdout, stderr } = await new Deno.Command("bash", {
        args: ["-euo", "pipefail", "-c", command],
        cwd: root,
        env: cleanEnvironment({ TOKEN: await server.token() }),
        clearEnv: true,
      }).output();
      assert.equal(code, 0, block + new TextDecoder().decode(stderr));
      outputs.push(new TextDecoder().decode(stdout));
    }
    assert.match(outputs[0]!, /--allow-net=127\.0\.0\.1/);
    assert.match(outputs[1]!, /^pawl_uploads_total\{end="finished"\} 0$/m);
    assert.match(outputs[2]!, /"status":"ready"/);
  },
});

Deno.test("docs/operations.md and the alert rules name the figures that there are, and the page names all of them", async () => {
  await using app = await startApp();
  const text = await readMetrics(app);
  const figures = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
  const alerts = await Deno.readTextFile(`${root}deploy/alerts.yml`);
  const named = (words: string) =>
    [...words.matchAll(/\b(?:pawl|process)_[a-z_]+\b/g)].map(([name]) =>
      name.replace(/_(bucket|sum|count)$/, "")
    );
  const documented = new Set(named(page.slice(page.indexOf("| figure"), page.indexOf("| alert"))));
  assert.deepEqual([...documented].sort(), [...figures].sort());
  for (const name of named(alerts)) assert.ok(figures.has(name), name);

  const rules = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
  for (const rule of rules) assert.ok(page.includes(`\`${rule}\``), `${rule} is not explained`);
});

Deno.test("every place that docs/operations.md leads to is there", async () => {
  const headings = new Set(
    [...page.matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
      text!.toLowerCase().replaceAll(/[^a-z -]/g, "").replaceAll(" ", "-")
    ),
  );
  for (const [, target] of page.matchAll(/\]\(([^)]+)\)/g)) {
    if (target!.startsWith("http")) continue;
    if (target!.startsWith("#")) assert.ok(headings.has(target!.slice(1)), target);
    else await Deno.stat(new URL(target!, new URL("../../docs/", import.meta.url)));
  }
});
