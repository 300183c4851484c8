/** Where sharp's native library lies: the one folder that the server needs the right to load from. */
import { createRequire } from "node:module";
import { dirname } from "node:path";

const SYSTEMS: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "linux",
  darwin: "darwin",
  windows: "win32",
};
const PROCESSORS: Record<string, string> = { x86_64: "x64", aarch64: "arm64" };

/** Absolute path; null where there is none for this kind of machine, or it is not installed. */
export function sharpLibraryFolder(): string | null {
  const [system, processor] = [SYSTEMS[Deno.build.os], PROCESSORS[Deno.build.arch]];
  try {
    const require = createRequire(import.meta.resolve("sharp"));
    return dirname(require.resolve(`@img/sharp-${system}-${processor}/sharp.node`));
  } catch {
    return null;
  }
}
