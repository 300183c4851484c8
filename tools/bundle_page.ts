/**
 * `deno task page`: makes of `static/` what browsers get, minified, compressed and with digests in the names, and
 * writes it to `.cache/page.json`. It does nothing when that is current, so that each start may ask for it.
 * Types are checked by `deno check`, not here.
 */
import { createHash } from "node:crypto";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { StoredPage } from "../routes/page_files.ts";
import { PAGE_FILE } from "../routes/page_path.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the page is made of: changing any of it makes a new one. */
const SOURCES = ["static", "client", "deno.json", "tools/bundle_page.ts"];

/** Modules, all in one folder, so that what they share and what is split off lies beside them. */
const SCRIPTS = ["static/page.tsx", "static/admin.tsx", "static/hash_worker.ts"];
/** Run before anything is drawn, so each is whole in one file. */
const EARLY_SCRIPTS = ["static/boot.ts"];
const STYLES = ["static/styles/page.css", "static/styles/admin.css"];
/** Served as they are, under names that do not change. */
const FIXED = ["static/icon.svg"];
/** File -> address. In it `{{page.js}}` stands for the address of what that module has become. */
const PAGES = { "static/page.html": "/", "static/admin.html": "/admin" };

/** Minified code has lost its comments. */
const NOTICE = "/*! Contains parts of Hono. MIT licence, (c) its authors: see the package's LICENSE. */\n";

const CONTENT_TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const text = new TextEncoder();

async function filesBelow(path: string): Promise<string[]> {
  const place = join(root, path);
  if ((await Deno.stat(place)).isFile) return [path];
  const found: string[] = [];
  for await (const entry of Deno.readDir(place)) found.push(...await filesBelow(`${path}/${entry.name}`));
  return found.sort();
}

async function sourcesDigest(): Promise<string> {
  const hash = createHash("sha256").update(Deno.version.deno);
  for (const source of SOURCES) {
    for (const path of await filesBelow(source)) {
      const content = await Deno.readFile(join(root, path));
      hash.update(`\0${path}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest("hex");
}

/** Output name, `page.js` or `chunk-<hash>.js` -> text. */
async function bundle(
  entrypoints: string[],
  { modules }: { modules: boolean },
): Promise<Map<string, string>> {
  const result = await Deno.bundle({
    entrypoints: entrypoints.map((path) => join(root, path)),
    outputDir: join(root, ".cache"),
    platform: "browser",
    format: modules ? "esm" : "iife",
    minify: true,
    codeSplitting: modules,
    write: false,
  });
  const messages = [...result.errors, ...result.warnings];
  if (!result.success || messages.length > 0) {
    throw new Error(messages.map((m) => `${m.text} (${m.location?.file}:${m.location?.line})`).join("\n"));
  }
  const named = result.outputFiles!.map((file) =>
    [file.path.split("/").at(-1)!, unescaped(file.text())] as const
  );
  // A chunk that holds nothing is left over from splitting.
  return new Map(named.filter(([, content]) => content.trim() !== ""));
}

/** Minified code has each letter beyond ASCII as an escape, which is twice as long; marks that nobody sees stay so. */
function unescaped(code: string): string {
  return code.replace(/\\(?:\\|u([0-9A-Fa-f]{4}))/g, (escape, hex: string | undefined) => {
    const letter = hex === undefined ? "" : String.fromCharCode(Number.parseInt(hex, 16));
    return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(letter) && letter > "\x7f" ? letter : escape;
  });
}

function stored(
  path: string,
  content: string,
  { immutable }: { immutable: boolean },
): StoredPage["files"][number] {
  const identity = text.encode(content);
  const gzip = gzipSync(identity, { level: 9 });
  const br = brotliCompressSync(identity, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  return {
    path,
    contentType: CONTENT_TYPES[extname(path)] ?? CONTENT_TYPES[".html"]!,
    immutable,
    identity: identity.toBase64(),
    ...(gzip.length < identity.length ? { gzip: new Uint8Array(gzip).toBase64() } : {}),
    ...(br.length < identity.length ? { br: new Uint8Array(br).toBase64() } : {}),
  };
}

/** Whether the bundler has split it off, as it does with what is shared or imported when it is needed. */
function isChunk(name: string): boolean {
  return /-[0-9A-Z]{8}\.js$/.test(name);
}

function hashedName(name: string, content: string): string {
  const digest = createHash("sha256").update(content).digest("base64url").replaceAll(/[-_]/g, "").slice(
    0,
    10,
  );
  const extension = extname(name);
  return `${name.slice(0, -extension.length)}-${digest}${extension}`;
}

async function build(sources: string): Promise<StoredPage> {
  const files: StoredPage["files"] = [];
  const addresses = new Map<string, string>();
  const add = (name: string, content: string) => {
    // Chunks are imported by the name that the bundler gave them, which holds a digest already.
    const path = `/static/${isChunk(name) ? name : hashedName(name, content)}`;
    addresses.set(isChunk(name) ? name.replace(/-\w{8}\.js$/, ".js") : name, path);
    files.push(stored(path, content, { immutable: true }));
  };
  for (const [name, content] of await bundle(STYLES, { modules: true })) add(name, content);
  for (const [name, content] of await bundle(EARLY_SCRIPTS, { modules: false })) add(name, content);
  for (const [name, content] of await bundle(SCRIPTS, { modules: true })) {
    add(name, isChunk(name) ? content : NOTICE + content);
  }
  for (const path of FIXED) {
    files.push(stored(`/${path}`, await Deno.readTextFile(join(root, path)), { immutable: false }));
  }
  for (const [path, address] of Object.entries(PAGES)) {
    files.push(stored(address, fill(await Deno.readTextFile(join(root, path))), { immutable: false }));
  }
  return { sources, files };

  function fill(content: string): string {
    return content.replaceAll(/\{\{([\w.-]+)\}\}/g, (_, name: string) => {
      const address = addresses.get(name);
      if (address === undefined) throw new Error(`{{${name}}} names nothing that the page is made of.`);
      return address;
    });
  }
}

async function isCurrent(target: string, sources: string): Promise<boolean> {
  try {
    return JSON.parse(await Deno.readTextFile(target)).sources === sources;
  } catch {
    return false; // None yet, or damaged: made anew.
  }
}

async function main(): Promise<void> {
  const target = join(root, PAGE_FILE);
  const sources = await sourcesDigest();
  if (await isCurrent(target, sources)) return;
  const page = await build(sources);
  await Deno.mkdir(dirname(target), { recursive: true });
  // Replaced at once, so that a server that starts meanwhile reads the old one or the new one.
  const scratch = `${target}.${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(scratch, JSON.stringify(page));
    await Deno.rename(scratch, target);
  } catch (error) {
    await Deno.remove(scratch).catch(() => {});
    throw error;
  }
  const scripts = page.files.filter(({ path }) => path.endsWith(".js"));
  const size = scripts.reduce(
    (sum, { gzip, identity }) => sum + Uint8Array.fromBase64(gzip ?? identity).length,
    0,
  );
  console.log(
    `Page built: ${relative(Deno.cwd(), target)}, scripts ${(size / 1024).toFixed(1)} KiB compressed`,
  );
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(`The page cannot be built: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
