/**
 * Prints the least permissions of Deno with which the server can run as it is configured, for the task `start`:
 * `permissions.ts read`, `permissions.ts write`, `permissions.ts ffi` (one flag each; the task quotes it, because the
 * shell splits what it substitutes at blanks and paths may hold some) and `permissions.ts other`.
 *
 * A configuration with mistakes gives what `main.ts` needs to report them, and nothing is served then.
 */
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.ts";
import { configFiles, loadConfig } from "../config/load.ts";
import { PAGE_FILE } from "../routes/page_path.ts";
import { sharpLibraryFolder } from "./sharp_library.ts";

/** What is read at run time: modules of workers, and the page as `deno task page` made it. */
const OWN = ["services", PAGE_FILE];

const ALL_ADDRESSES = ["0.0.0.0", "::"];

export interface PermissionSources {
  /** Null when it has mistakes. */
  config: Config | null;
  /** Absolute paths that the configuration is read from. */
  configFiles: string[];
  /** Folder of `main.ts`. */
  project: string;
  /** Where the server will be started. */
  cwd: string;
  /** Folder of sharp's native library; null: there is none. */
  sharpLibrary: string | null;
}

/** Flags for `deno run`; `other` has one flag an entry, none with a blank. */
export interface PermissionFlags {
  read: string;
  write: string;
  ffi: string;
  other: string[];
}

/** Pure. */
export function permissionFlags(sources: PermissionSources): PermissionFlags {
  const { config, configFiles, project, cwd, sharpLibrary } = sources;
  const own = OWN.map((path) => join(project, path));
  const named = (paths: string[]) => paths.map((path) => shortest(path, cwd)).join(",");
  if (config === null) {
    // All variables, so that it can name an unknown one: to list them, Deno asks for the permission to read all.
    return {
      read: `--allow-read=${named([...own, ...configFiles])}`,
      write: "--deny-write",
      ffi: "--deny-ffi",
      other: ["--no-prompt", "--allow-env"],
    };
  }
  const data = [...new Set([config.dataDir, config.tempDir])].filter((path, _, all) =>
    !all.some((other) => path !== other && path.startsWith(other + sep))
  );
  // What asks for other variables when it is loaded (file-type's `debug`) is told that there are none.
  const other = [
    "--no-prompt",
    "--allow-env=PAWL_*",
    "--ignore-env",
    `--allow-net=${netAddresses(config).join(",")}`,
  ];
  // To leave room on the disk for records, and to print the addresses under which it can be reached.
  other.push(`--allow-sys=statfs${ALL_ADDRESSES.includes(config.host) ? ",networkInterfaces" : ""}`);
  const { engine, watermark: { picture } } = config.images;
  const native = engine === "auto" || engine === "sharp" ? sharpLibrary : null;
  const shown = [picture, config.downloads.dir].filter((path) => path !== null);
  return {
    read: `--allow-read=${named([...data, ...own, ...configFiles, ...shown])}`,
    write: `--allow-write=${named(data)}`,
    // No flag can name a folder with a comma; the other engine works then.
    ffi: native === null || native.includes(",") ? "--deny-ffi" : `--allow-ffi=${native}`,
    other,
  };
}

/** Relative inside `cwd`, so that a clone may lie anywhere, even below a folder with a comma, which no flag can name. */
function shortest(path: string, cwd: string): string {
  const way = relative(cwd, path);
  return way === "" || way.startsWith("..") || isAbsolute(way) ? path : `.${sep}${way}`;
}

function netAddresses({ host, port, jwt: { issuer, jwksUrl }, oidc: { clientId } }: Config): string[] {
  const name = host.includes(":") ? `[${host}]` : host;
  // The port that the system chooses is not known here, and is listened on again after a shortage of descriptors.
  const addresses = [port === 0 ? name : `${name}:${port}`];
  // An issuer is asked what it offers when somebody signs in there, or when its keys are not in the settings.
  const asked = issuer !== null && (jwksUrl === null || clientId !== null) ? new URL(issuer) : null;
  for (const url of [asked, jwksUrl]) if (url !== null) addresses.push(addressOf(url));
  return [...new Set(addresses)];
}

function addressOf({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/** For the server of this project, started in `cwd` with these variables. */
export async function flagsOf(
  { env, cwd }: { env: Record<string, string>; cwd: string },
): Promise<PermissionFlags> {
  const loaded = await loadConfig({ env, readTextFile: Deno.readTextFile, cwd });
  return permissionFlags({
    config: "config" in loaded ? loaded.config : null,
    configFiles: configFiles({ env, cwd }),
    project: dirname(dirname(fileURLToPath(import.meta.url))),
    cwd,
    sharpLibrary: sharpLibraryFolder(),
  });
}

async function main(wanted: string | undefined): Promise<number> {
  const flags = await flagsOf({ env: Deno.env.toObject(), cwd: Deno.cwd() });
  if (wanted === "read" || wanted === "write" || wanted === "ffi") console.log(flags[wanted]);
  else if (wanted === "other") console.log(flags.other.join(" "));
  else {
    console.error("Usage: permissions.ts read | write | ffi | other");
    return 2;
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args[0]));
