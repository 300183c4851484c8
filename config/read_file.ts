/** `pawl.json`: its text becomes the given values of settings. Pure. */
import { parse } from "@humanwhocodes/momoa";
import { show, suggestion } from "./mistakes.ts";
import { noReadings, type Readings, readSetting } from "./read_setting.ts";
import { ROWS } from "./settings.ts";

const IN_FILE = ROWS.filter((row) => row.key !== undefined);
const KEYS = IN_FILE.map((row) => row.key!);

/** What momoa calls them. */
const TOKENS: Readonly<Record<string, string>> = {
  LBrace: "'{'",
  RBrace: "'}'",
  LBracket: "'['",
  RBracket: "']'",
  Comma: "','",
  Colon: "':'",
  String: "text",
  Number: "number",
};

/** `path` is how the messages call the file. */
export function readConfigFile(text: string, path: string): Readings {
  const readings = noReadings();
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    readings.mistakes.push(`${path} is not valid JSON: ${whatIsMalformed(text, error as Error)}`);
    return readings;
  }
  if (isObject(content)) {
    // For editors, which then know the settings.
    delete content.$schema;
    readObject(content, { prefix: "", place: ` in ${path}`, readings });
  } else {
    readings.mistakes.push(`${path} must hold an object, such as {"siteName": "Files"}.`);
  }
  return readings;
}

/**
 * JSON.parse has the better words, but no position for an unexpected one or an early end; momoa always has one, but
 * lets control characters pass.
 */
function whatIsMalformed(text: string, fromJsonParse: Error): string {
  const expected = /^(Expected .*) in JSON at position \d+ \(line (\d+) column (\d+)\)$/.exec(
    fromJsonParse.message,
  );
  if (expected) return `${expected[1]} at line ${expected[2]}, column ${expected[3]}.`;
  try {
    parse(text, { mode: "json" });
  } catch (error) {
    const { line, column, message } = error as Error & { line: number; column: number };
    const found = message.replace(/ found\. \(\d+:\d+\)$/, "").replace(
      /token (\w+)$/,
      (_, token) => TOKENS[token] ?? token,
    );
    return `${found} at line ${line}, column ${column}.`;
  }
  return `${fromJsonParse.message}.`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readObject(
  object: Record<string, unknown>,
  at: { prefix: string; place: string; readings: Readings },
): void {
  const { mistakes } = at.readings;
  for (const [member, value] of Object.entries(object)) {
    const key = at.prefix + member;
    const row = IN_FILE.find((row) => row.key === key);
    const members = KEYS.filter((known) => known.startsWith(`${key}.`));
    if (row !== undefined) {
      readSetting(at.readings, { ...row, given: { name: key, place: at.place, value } });
    } else if (members.length === 0) {
      mistakes.push(unknownKey(key, at.place));
    } else if (isObject(value)) {
      readObject(value, { ...at, prefix: `${key}.` });
    } else {
      const names = members.map((known) => known.slice(key.length + 1)).join(", ");
      mistakes.push(`${key}${at.place} is ${show(value)}: it must be an object with ${names}.`);
    }
  }
}

function unknownKey(key: string, place: string): string {
  const variable = ROWS.find((row) => row.key === undefined && row.id === key)?.env;
  if (variable !== undefined) return `${key}${place} is not a setting of this file: set ${variable} instead.`;
  const groups = KEYS.map((known) => known.split(".")[0]!);
  return `${key}${place} is not a setting${suggestion(key, [...KEYS, ...new Set(groups)])}`;
}
