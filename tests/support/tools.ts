/** The programs beside Deno that tests use, and how a test does without one that is missing. */

/** Command -> Debian package that has it. */
export const TOOL_PACKAGES = {
  aria2c: "aria2",
  caddy: "caddy",
  chromium: "chromium",
  curl: "curl",
  exiftool: "libimage-exiftool-perl",
  nginx: "nginx",
  node: "nodejs",
  npm: "npm",
  openssl: "openssl",
  "7z": "p7zip-full",
  python3: "python3",
  strace: "strace",
  "systemd-analyze": "systemd",
  unzip: "unzip",
  wget: "wget",
} as const;

export type ToolName = keyof typeof TOOL_PACKAGES;

/** Environment variable: the file to which `tool` adds what it did not find, one JSON `MissingTool` a line. */
export const MISSING_TOOLS_FILE = "TESTS_MISSING_TOOLS";

export interface MissingTool {
  /** URL of the test module that asked. */
  module: string;
  tool: string;
}

/** The absolute path of `name`, or null when no folder of PATH, nor that of servers, has it. */
export function findTool(name: ToolName): string | null {
  for (const folder of [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin"]) {
    const path = `${folder}/${name}`;
    try {
      if (folder.startsWith("/") && Deno.statSync(path).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    }
  }
  return null;
}

/**
 * What a test module calls at its top level for each program it needs:
 *
 *     const aria2c = tool("aria2c", import.meta.url);
 *     Deno.test({ name: "...", ignore: aria2c === null, fn: ... });
 *
 * Returns the absolute path, or null and leaves the reason for `deno task test`, which names each test skipped
 * with it, and counts a skipped test without a reason, or any with `CI=true`, as failed.
 */
export function tool(name: ToolName, module: string): string | null {
  const path = findTool(name);
  const file = Deno.env.get(MISSING_TOOLS_FILE);
  if (path === null && file !== undefined) {
    const missing: MissingTool = { module, tool: name };
    Deno.writeTextFileSync(file, JSON.stringify(missing) + "\n", { append: true });
  }
  return path;
}
