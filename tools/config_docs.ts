/**
 * Writes docs/configuration.md and docs/pawl.schema.json from the table of settings; with `--check` it writes
 * nothing and fails if they are not in step.
 */
import { configurationMarkdown } from "../config/help.ts";
import { pawlJsonSchema } from "../config/json_schema.ts";

/** File name in docs/ -> its content. */
export function configDocs(): Record<string, string> {
  return {
    "configuration.md": configurationMarkdown(),
    "pawl.schema.json": `${JSON.stringify(pawlJsonSchema(), null, 2)}\n`,
  };
}

/** The names in `docs` whose files are missing or hold something else. */
export async function staleDocs(docs: Record<string, string>, folder: URL): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, content] of Object.entries(docs)) {
    const present = await Deno.readTextFile(new URL(name, folder)).catch(() => null);
    if (present !== content) stale.push(name);
  }
  return stale;
}

async function main(folder: URL, check: boolean): Promise<number> {
  const docs = configDocs();
  const stale = await staleDocs(docs, folder);
  if (check) {
    for (const name of stale) {
      console.error(`docs/${name} is not in step with config/settings.ts: run deno task docs`);
    }
    return stale.length === 0 ? 0 : 1;
  }
  for (const name of stale) await Deno.writeTextFile(new URL(name, folder), docs[name]!);
  console.log(
    stale.length === 0 ? "docs/ is up to date." : `Wrote ${stale.map((name) => `docs/${name}`).join(", ")}.`,
  );
  return 0;
}

if (import.meta.main) {
  Deno.exit(await main(new URL("../docs/", import.meta.url), Deno.args.includes("--check")));
}
