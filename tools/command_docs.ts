/**
 * Writes what `--help` says of every command, and the exit codes, into docs/command-line.md between its marks, so
 * that the page is never out of step.
 */
import type { Command } from "commander";
import { Writable } from "node:stream";
import { EXIT } from "../client/cli/exit_codes.ts";
import { buildProgram } from "../client/cli/program.ts";

const PAGE = new URL("../docs/command-line.md", import.meta.url);

/** Mark -> what stands below it. */
export function commandDocs(): Record<string, string> {
  let text = "";
  const stdout = new Writable({
    write(piece, _encoding, done) {
      text += piece;
      done();
    },
  });
  const program = buildProgram(() => () => Promise.resolve(), {
    version: "",
    terminal: { stdout, stderr: stdout },
  });
  const help = (command: Command) => {
    // Those of all commands stand on the page once.
    command.configureHelp({ ...command.configureHelp(), showGlobalOptions: false });
    text = "";
    command.outputHelp();
    return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
  };
  const sections = allCommands(program).map((command) => `### ${nameOf(command)}\n\n${help(command)}`);
  const codes = Object.values(EXIT).map(({ code, meaning }) => `${String(code).padStart(3)}  ${meaning}`);
  return {
    "exit codes": ["```text", ...codes, "```"].join("\n"),
    "commands": sections.join("\n\n"),
  };
}

/** With those below them, in the order of the help. */
function allCommands(program: Command): Command[] {
  return program.commands.flatMap((command) => [command, ...allCommands(command)]);
}

function nameOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return names.join(" ");
}

/** `page` with what stands between its marks made anew. Throws when a mark is missing. Pure. */
export function updatePage(page: string, docs: Record<string, string>): string {
  for (const [name, content] of Object.entries(docs)) {
    const [begin, end] = [`<!-- ${name}: made by deno task docs -->`, `<!-- end of ${name} -->`];
    const [start, stop] = [page.indexOf(begin), page.indexOf(end)];
    if (start < 0 || stop < start) throw new Error(`docs/command-line.md has no place for the ${name}`);
    page = `${page.slice(0, start + begin.length)}\n\n${content}\n\n${page.slice(stop)}`;
  }
  return page;
}

if (import.meta.main) {
  const page = await Deno.readTextFile(PAGE);
  const updated = updatePage(page, commandDocs());
  if (updated !== page) await Deno.writeTextFile(PAGE, updated);
  console.log(updated === page ? "docs/command-line.md is up to date." : "Wrote docs/command-line.md.");
}
