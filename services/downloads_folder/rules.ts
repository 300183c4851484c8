/** Which paths of the downloads folder exist for whom, and under which names they are saved. Pure. */
import type { DownloadAccessRule } from "../../config/config.ts";
import { extensionOf } from "../file_name.ts";

/** Characters, inclusive: no file system has longer paths. */
const MAX_PATH = 4096;
// deno-lint-ignore no-control-regex -- control characters are among what no path may hold
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/;

/**
 * The segments of a path below the folder; [] for the folder itself. null for whatever could lead elsewhere or to
 * what is hidden: empty segments, dots at a segment's start, backslashes, control characters.
 */
export function pathSegments(path: string): string[] | null {
  if (path === "") return [];
  if (path.length > MAX_PATH || FORBIDDEN.test(path) || !path.isWellFormed()) return null;
  const segments = path.split("/");
  return segments.every(isShown) ? segments : null;
}

/** No dot files: neither `.`, `..` nor what their owner hid. */
export const isShown = (name: string): boolean =>
  name !== "" && !name.startsWith(".") && !FORBIDDEN.test(name);

/** The media type under which a file is handed out; null: it is not. */
export function downloadType(types: Record<string, string>, fileName: string): string | null {
  return types[extensionOf(fileName)] ?? null;
}

/** Who may have what lies at `path`; of a folder, without an extension, only rules for any extension speak. */
export function audienceOf(
  rules: readonly DownloadAccessRule[],
  { path, isFolder }: { path: string; isFolder: boolean },
): DownloadAccessRule["for"] {
  const extension = isFolder ? null : extensionOf(path.split("/").at(-1)!);
  const fitting = rules.find(({ path: pattern, extensions }) =>
    (pattern === undefined || matchesPath(pattern, path, isFolder)) &&
    (extensions === undefined || extension !== null && extensions.includes(extension))
  );
  return fitting?.for ?? "users";
}

/** A folder fits also when everything in it does: `public/**` speaks of `public`. */
function matchesPath(pattern: string, path: string, isFolder: boolean): boolean {
  const expression = patternExpression(pattern);
  return expression.test(path) || isFolder && path !== "" && expression.test(`${path}/`);
}

/** `**` any characters, `*` any but a slash, `?` one of these. */
function patternExpression(pattern: string): RegExp {
  const source = pattern.replace(
    /\*+|\?|[.+^${}()|[\]\\]/g,
    (found) =>
      found === "?" ? "[^/]" : found === "*" ? "[^/]*" : found.startsWith("**") ? ".*" : `\\${found}`,
  );
  return new RegExp(`^${source}$`, "su");
}

/** The name under which a file is saved. `now` in ms since 1970; `random` eight characters. */
export function savedName(
  fileName: string,
  { prefix, now, random }: { prefix: string; now: number; random: string },
): string {
  const [date, time] = new Date(now).toISOString().split("T") as [string, string];
  const filled = prefix.replaceAll("{date}", date).replaceAll("{time}", time.slice(0, 8).replaceAll(":", "-"))
    .replaceAll("{random}", random);
  return filled + fileName;
}
