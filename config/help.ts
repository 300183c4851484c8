/** The table of settings for people: `--help` and docs/configuration.md. */
import { DEFAULT_BUSINESS_TYPES } from "./business_types.ts";
import { fileVariable } from "./read_environment.ts";
import { GROUPS, type Setting } from "./setting.ts";
import { ROWS } from "./settings.ts";
import { showBytes } from "./values.ts";

const HELP_WIDTH = 100;
/** As in deno.json, so that the formatter leaves the file alone. */
const DOCS_WIDTH = 110;

const LEAD =
  "Pawl needs no configuration. Settings in capitals are environment variables, the others keys of the " +
  "file pawl.json; where a setting has both, the variable wins. An empty variable counts as not set. Lists are " +
  "separated by commas in variables and are arrays in pawl.json. Every mistake is reported at start.";

const CHANGING_TYPES =
  "`businessTypes` in `pawl.json` changes them member by member and adds others; a new one " +
  "starts from the rules of `General`:";

function namesOf(row: Setting): string[] {
  return [row.env, row.secret ? fileVariable(row) : undefined, row.key].filter((name) => name !== undefined);
}

function defaultOf(row: Setting): string {
  if (row.defaultText !== undefined) return row.defaultText;
  if (row.default === null || (Array.isArray(row.default) && row.default.length === 0)) return "none";
  if (row.type === "boolean" && row.rule === "1 or 0") return row.default ? "1" : "0";
  return String(row.default);
}

/** Breaks at blanks so that no line is longer than `width` characters, but for words that are. */
function wrap(text: string, { indent = "", width }: { indent?: string; width: number }): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, indent + line].join("\n");
}

/** What `deno task start --help` prints. */
export function helpText(): string {
  const detail = { indent: "    ", width: HELP_WIDTH };
  const groups = GROUPS.map((group) => {
    const rows = ROWS.filter((row) => row.group === group).map((row) => {
      const unit = row.unit === undefined || row.type === "bytes" ? "" : ` ${row.unit}`;
      const value = `${row.type}: ${row.rule}. Default: ${defaultOf(row)}${unit}.`;
      return [`  ${namesOf(row).join(" or ")}`, wrap(row.description, detail), wrap(value, detail)].join(
        "\n",
      );
    });
    return `${group}\n${rows.join("\n")}`;
  });
  const lead = wrap(LEAD, { width: HELP_WIDTH });
  return `Usage: deno task start [--help]\n\n${lead}\n\n${groups.join("\n\n")}\n`;
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]!.length)));
  const [first, ...rest] = lines.map((cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`
  );
  return [first, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest].join("\n");
}

/** docs/configuration.md. */
export function configurationMarkdown(): string {
  const groups = GROUPS.map((group) => {
    const rows = ROWS.filter((row) => row.group === group).map((row) => [
      namesOf(row).map((name) => `\`${name}\``).join(" or "),
      row.description,
      row.type,
      row.unit ?? "",
      defaultOf(row),
      row.rule,
    ]);
    return `## ${group}\n\n${table(["Setting", "What it does", "Type", "Unit", "Default", "Allowed"], rows)}`;
  });
  const types = Object.entries(DEFAULT_BUSINESS_TYPES).map(([name, type]) => [
    name,
    showBytes(type.maxBytes),
    type.extensions?.map((extension) => `\`${extension}\``).join(" ") ?? "any",
    type.visibility,
  ]);
  return `<!-- Made by \`deno task docs\` from config/settings.ts; do not edit. -->

# Configuration

${wrap(LEAD, { width: DOCS_WIDTH })}

\`pawl.json\` may name its schema, so that editors help: \`"$schema": "./docs/pawl.schema.json"\`.

${groups.join("\n\n")}

## Business types

These exist without any configuration:

${table(["Name", "Largest file", "Extensions", "Visibility"], types)}

${wrap(CHANGING_TYPES, { width: DOCS_WIDTH })}

\`\`\`json
{
  "businessTypes": {
    "Avatar": { "maxBytes": "4 MiB" },
    "Invoice": { "maxBytes": "20 MiB", "extensions": [".pdf"], "visibility": "users" }
  }
}
\`\`\`
`;
}
