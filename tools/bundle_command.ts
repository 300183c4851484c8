/**
 * The `pawl` command as one file with all it needs, for Node and for `deno run` from an address. Types are checked by
 * `deno check`, not here.
 */
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const SHEBANG = "#!/usr/bin/env node\n";

/** Minified code has lost its comments. */
const NOTICE =
  "/*! Contains commander, log-update, string-width, pretty-bytes, @noble/hashes and what these need. MIT licence, " +
  "(c) their authors: see the packages' LICENSE files. */\n";

/**
 * The bundler gives older packages a `require` that resolves from this file. They only ask for Node's own modules,
 * and from an address there is no file.
 */
const REQUIRE = /(createRequire\w*\()import\.meta\.url\)/g;

/** Throws with what the bundler says. */
export async function bundleCommand(): Promise<string> {
  const result = await Deno.bundle({
    entrypoints: [`${root}client/cli/main.ts`],
    platform: "deno",
    format: "esm",
    minify: true,
    write: false,
  });
  const messages = [...result.errors, ...result.warnings];
  if (!result.success || messages.length > 0) throw new Error(messages.map(({ text }) => text).join("\n"));
  const code = result.outputFiles![0]!.text();
  const found = code.match(REQUIRE)?.length ?? 0;
  if (found !== 1) throw new Error(`the bundle asks ${found} times for its own place, not once`);
  return SHEBANG + NOTICE + code.replace(REQUIRE, '$1"file:///")');
}

if (import.meta.main) {
  const [path] = Deno.args;
  if (path === undefined) {
    console.error("Where to? deno run -A tools/bundle_command.ts FILE");
    Deno.exit(2);
  }
  await Deno.writeTextFile(path, await bundleCommand(), { mode: 0o755 });
}
