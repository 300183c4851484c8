/** `PAWL_*`: the environment becomes the given values of settings. Pure. */
import { show, suggestion } from "./mistakes.ts";
import { type Given, noReadings, type Readings, readSetting } from "./read_setting.ts";
import type { Setting } from "./setting.ts";
import { ROWS } from "./settings.ts";

const IN_ENVIRONMENT = ROWS.filter((row) => row.env !== undefined);

/** Every variable that means something here. */
export const VARIABLES: readonly string[] = IN_ENVIRONMENT.flatMap((row) =>
  row.secret ? [row.env!, fileVariable(row)] : [row.env!]
);

/** The variable that names a file which holds the secret. */
export function fileVariable(row: Setting): string {
  return `${row.env}_FILE`;
}

/** Kubernetes and Docker links describe a service called `pawl` to its neighbours by such variables. */
const SERVICE_LINK = /^PAWL_(?:SERVICE_(?:HOST|PORT)|PORT_\d+_(?:TCP|UDP))(?:_|$)/;
const SERVICE_LINK_PORT = /^(?:tcp|udp):\/\//;
/** Of the command line `pawl`, which may be used in the same shell. */
const COMMAND_LINE = ["PAWL_SERVER", "PAWL_TOKEN"];

/** What is given, without what is empty: compose files pass unset variables on as empty ones. */
export function givenVariables(environment: Record<string, string>): Map<string, string> {
  return new Map(
    Object.entries(environment).filter(([name, value]) =>
      name.startsWith("PAWL_") && value.trim() !== "" && !SERVICE_LINK.test(name) &&
      !COMMAND_LINE.includes(name) &&
      !(name === "PAWL_PORT" && SERVICE_LINK_PORT.test(value))
    ),
  );
}

/** `secretFiles`: variable -> content of the file it names. */
export function readEnvironment(given: Map<string, string>, secretFiles: Map<string, string>): Readings {
  const readings = noReadings();
  for (const row of IN_ENVIRONMENT) {
    const value = givenValue(row, { given, secretFiles });
    if (value !== undefined) readSetting(readings, { ...row, given: value });
    if (row.secret && given.has(row.env!) && given.has(fileVariable(row))) {
      readings.mistakes.push(`${row.env} and ${fileVariable(row)} are both set: set only one of them.`);
    }
  }
  for (const name of given.keys()) {
    if (!VARIABLES.includes(name)) readings.mistakes.push(unknownVariable(name));
  }
  return readings;
}

function givenValue(
  row: Setting,
  from: { given: Map<string, string>; secretFiles: Map<string, string> },
): Given | undefined {
  const name = row.env!;
  const text = from.given.get(name);
  if (!row.secret) {
    return text === undefined ? undefined : { name, place: "", value: fromText(row, text.trim()) };
  }
  if (text !== undefined) return { name, place: "", value: text };
  const fileName = fileVariable(row);
  const content = from.secretFiles.get(fileName);
  if (content === undefined) return undefined;
  return { name: `The content of ${fileName}`, place: "", value: content.replace(/\r?\n$/, "") };
}

/** Text as `pawl.json` would hold it; what does not look so stays text, which the schema then refuses. */
function fromText(row: Setting, text: string): unknown {
  switch (row.type) {
    case "integer":
    case "bytes":
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "1" ? true : text === "0" ? false : text;
    case "list":
      return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
    default:
      return text;
  }
}

function unknownVariable(name: string): string {
  const plain = (key: string) => key.toLowerCase().replace(/^pawl_|[._]/g, "");
  const inFile = ROWS.find((row) => row.env === undefined && plain(row.key!) === plain(name));
  if (inFile !== undefined) return `${name} is not a setting: set ${inFile.key} in pawl.json instead.`;
  return `${show(name).slice(1, -1)} is not a setting${suggestion(name, VARIABLES)}`;
}
