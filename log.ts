/** Where log lines go and how they look. Everybody else only calls LogTape's `getLogger(["pawl", ...])`. */
import {
  configureSync,
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getTextFormatter,
  type LogRecord,
} from "@logtape/logtape";
import type { Config } from "./config/config.ts";

export interface LogOptions {
  level: Config["log"]["level"];
  /** `auto`: pretty on a terminal, else JSON lines. */
  format: Config["log"]["format"];
  /** Takes one line with its line feed; standard error unless given, so that standard output stays for answers. */
  write?: (line: string) => void;
  /** Whether `write` leads to a terminal. */
  terminal?: boolean;
}

/** Configures logging for the whole process, anew each time it is called. Secrets are masked in every line. */
export function configureLog(options: LogOptions): void {
  const { level, format, write = writeToStderr, terminal = Deno.stderr.isTerminal() } = options;
  const line = lineFormatter(format === "auto" ? (terminal ? "pretty" : "json") : format, terminal);
  configureSync({
    reset: true,
    sinks: { line: (record) => write(line(redactRecord(record))) },
    loggers: [
      { category: [], lowestLevel: level, sinks: ["line"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["line"], parentSinks: "override" },
    ],
  });
}

function lineFormatter(format: "pretty" | "json", colours: boolean): (record: LogRecord) => string {
  // Machines get the values as fields and a message that is the same for all lines of a kind.
  if (format === "json") return getJsonLinesFormatter({ properties: "flatten", message: "template" });
  const line = (colours ? getAnsiColorFormatter : getTextFormatter)({ value: plain });
  return (record) => {
    const { error } = record.properties;
    const stack = typeof error === "object" && error !== null && "stack" in error ? String(error.stack) : "";
    return line(record) + (stack && indent(stack));
  };
}

/** Text without quotes, and without what could pass for another line. */
function plain(value: unknown, inspect: (value: unknown) => string): string {
  return typeof value === "string" ? value.replace(/\p{Cc}/gu, "?") : inspect(value);
}

/** No line of a stack can pass for a line of the log, nor steer the terminal. */
function indent(text: string): string {
  const lines = text.split(/\r?\n|[\r\u2028\u2029]/);
  return lines.map((line) => `    ${line.replace(/\p{Cc}/gu, "?")}\n`).join("");
}

/** Synchronous, so that the last lines before an exit are not lost. A reader that is gone must not stop the server. */
function writeToStderr(line: string): void {
  let bytes = new TextEncoder().encode(line);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
  } catch {
    // Nobody is left to tell.
  }
}

const MASK = "***";
const SECRET_NAME =
  /^(authorization|proxy-authorization|cookie|set-cookie|.*(secret|password|passphrase)|(.*[_-])?token|.*[a-z]Token|jwt|.*(api|access|private)_?key)$/i;
const SECRET_TEXT: [pattern: RegExp, replacement: string][] = [
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, MASK],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${MASK}`],
  [/([?&#](?:[\w-]*token|code|[\w-]*signature|[\w-]*credential|secret)=)[^&\s"']+/gi, `$1${MASK}`],
  [/(\/d\/)[\w-]{20,}/g, `$1${MASK}`],
];
/** One look instead of four: what each of these needs. */
const MAY_HOLD_SECRET = /eyJ|Bearer|Basic|[?&#]|\/d\//i;

function redactRecord(record: LogRecord): LogRecord {
  return {
    ...record,
    message: record.message.map((part) => redact(part, 0)),
    rawMessage: typeof record.rawMessage === "string" ? redactText(record.rawMessage) : record.rawMessage,
    properties: redact(record.properties, 0) as Record<string, unknown>,
  };
}

/** Plain data of bounded depth: errors become objects, and what looks or is named like a secret is masked. */
function redact(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > 6) return "[deeper]";
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    return redact(
      { name, message, stack, ...("code" in value ? { code: value.code } : {}), cause },
      depth + 1,
    );
  }
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (value instanceof Date || value instanceof URL) {
    return redactText(value instanceof Date ? value.toJSON() : value.href);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAME.test(name) && item !== null && item !== undefined ? MASK : redact(item, depth + 1),
    ]),
  );
}

function redactText(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text;
  return SECRET_TEXT.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}
