/** What Deno and Node have for files by path. */
import { PawlError } from "./errors.ts";
import { nodeModule } from "./runtime.ts";

/** The modules of Node that files need. Throws `unsupported` in browsers. */
export function fileModules(): {
  fs: typeof import("node:fs/promises");
  path: typeof import("node:path");
  url: typeof import("node:url");
} {
  const fs = nodeModule<typeof import("node:fs/promises")>("node:fs/promises");
  const path = nodeModule<typeof import("node:path")>("node:path");
  const url = nodeModule<typeof import("node:url")>("node:url");
  if (fs && path && url) return { fs, path, url };
  throw new PawlError(
    "unsupported",
    "This runtime has no files by path. Use a File, a stream or a file handle.",
  );
}
