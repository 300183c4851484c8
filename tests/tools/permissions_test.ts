import assert from "node:assert/strict";
import { permissionFlags } from "../../tools/permissions.ts";
import { configOf, load } from "../config/load_support.ts";
import { cleanEnvironment } from "../support/environment.ts";
import { tempDir } from "../support/temp_dir.ts";

const ROOT = new URL("../../", import.meta.url);
const JWKS = { PAWL_JWT_ISSUER: "https://id.example", PAWL_JWT_AUDIENCE: "pawl" };

async function flagsFor(env: Record<string, string>, sharpLibrary: string | null = "/npm/sharp") {
  const loaded = await load(env);
  const config = "config" in loaded ? loaded.config : null;
  return permissionFlags({
    config,
    configFiles: ["/srv/pawl.json"],
    project: "/srv",
    cwd: "/srv",
    sharpLibrary,
  });
}

Deno.test("the default configuration needs its own folders, its address and its variables", async () => {
  assert.deepEqual(await flagsFor({}), {
    read: "--allow-read=./data,./services,./.cache/page.json,./pawl.json",
    write: "--allow-write=./data",
    ffi: "--allow-ffi=/npm/sharp",
    other: [
      "--no-prompt",
      "--allow-env=PAWL_*",
      "--ignore-env",
      "--allow-net=127.0.0.1:8000",
      "--allow-sys=statfs",
    ],
  });
});

Deno.test("folders elsewhere, IPv6, all addresses and a key set are granted when they are configured", async () => {
  const flags = await flagsFor({
    ...JWKS,
    PAWL_DATA_DIR: "/big disk/pawl",
    PAWL_TEMP_DIR: "/fast",
    PAWL_HOST: "::",
    PAWL_PORT: "0",
    PAWL_JWKS_URL: "https://id.example/keys",
  });
  assert.deepEqual(flags, {
    read: "--allow-read=/big disk/pawl,/fast,./services,./.cache/page.json,./pawl.json",
    write: "--allow-write=/big disk/pawl,/fast",
    ffi: "--allow-ffi=/npm/sharp",
    other: [
      "--no-prompt",
      "--allow-env=PAWL_*",
      "--ignore-env",
      "--allow-net=[::],id.example:443",
      "--allow-sys=statfs,networkInterfaces",
    ],
  });
  const local = await flagsFor({ ...JWKS, PAWL_JWKS_URL: "http://[::1]:9000/keys" });
  assert(local.other.includes("--allow-net=127.0.0.1:8000,[::1]:9000"));
});

Deno.test("an issuer that is asked for its keys, or at which people sign in, may be reached", async () => {
  const netFor = async (env: Record<string, string>) =>
    (await flagsFor(env)).other.find((flag) => flag.startsWith("--allow-net"));
  assert.equal(await netFor(JWKS), "--allow-net=127.0.0.1:8000,id.example:443");
  const page = { PAWL_JWT_ISSUER: "http://127.0.0.1:8080/realms/a", PAWL_OIDC_CLIENT_ID: "pawl" };
  assert.equal(await netFor(page), "--allow-net=127.0.0.1:8000,127.0.0.1:8080");
  const own = { ...page, PAWL_JWKS_URL: "http://127.0.0.1:8080/keys" };
  assert.equal(await netFor(own), "--allow-net=127.0.0.1:8000,127.0.0.1:8080");
  const other = { ...page, PAWL_JWKS_URL: "https://keys.example/" };
  assert.equal(await netFor(other), "--allow-net=127.0.0.1:8000,127.0.0.1:8080,keys.example:443");
});

Deno.test("a configuration with mistakes may only be read and reported", async () => {
  assert.deepEqual(await flagsFor({ PAWL_PORT: "x" }), {
    read: "--allow-read=./services,./.cache/page.json,./pawl.json",
    write: "--deny-write",
    ffi: "--deny-ffi",
    other: ["--no-prompt", "--allow-env"],
  });
});

Deno.test("no library may be loaded where sharp is not there, not wanted, or cannot be named", async () => {
  assert.equal((await flagsFor({}, null)).ffi, "--deny-ffi");
  assert.equal((await flagsFor({}, "/a,b/sharp")).ffi, "--deny-ffi");
  const config = await configOf({}, { images: { engine: "imagescript" } });
  const sources = { configFiles: [], project: "/srv", cwd: "/srv", sharpLibrary: "/npm/sharp" };
  assert.equal(permissionFlags({ config, ...sources }).ffi, "--deny-ffi");
});

Deno.test("the picture of the watermark may be read", async () => {
  const { read } = await flagsFor({ PAWL_WATERMARK_PICTURE: "/brand/our logo.png" });
  assert(read.endsWith(",/brand/our logo.png"), read);
});

/** Says what it got, and tries what a server does and what it must not do. */
const PROBE = `
import { loadConfig } from "./config/load.ts";
import { pawlVariables } from "./config/process_environment.ts";

const tried = {};
const attempt = async (name, action) => {
  tried[name] = await (async () => await action())().then(() => "ok", (error) => error.name);
};
const loaded = await loadConfig({ env: pawlVariables(), readTextFile: Deno.readTextFile, cwd: Deno.cwd() });
const dataDir = loaded.config?.dataDir ?? "data";
await attempt("make the data directory", () => Deno.mkdir(dataDir, { recursive: true }));
await attempt("write data", () => Deno.writeTextFile(dataDir + "/file", "x"));
await attempt("read data", () => Deno.readTextFile(dataDir + "/file"));
await attempt("open KV", async () => (await Deno.openKv(dataDir + "/kv.sqlite")).close());
await attempt("read the page", () => Deno.readTextFile(".cache/page.json"));
await attempt("start a worker", () => new Promise((resolve, reject) => {
  const worker = new Worker(new URL("./services/worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = () => { worker.terminate(); resolve(); };
  worker.onerror = (event) => { event.preventDefault(); worker.terminate(); reject(new Error(event.message)); };
}));
await attempt("listen", () => Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response()).shutdown());
await attempt("write the page", () => Deno.writeTextFile(".cache/page.json", "x"));
await attempt("write pawl.json", () => Deno.writeTextFile("pawl.json", "{}"));
await attempt("read the system", () => Deno.readTextFile("/etc/hostname"));
await attempt("find no other variable", async () => {
  if (Deno.env.get("HOME") !== undefined) throw new Error("HOME was told");
});
await attempt("listen elsewhere", async () => Deno.listen({ hostname: "0.0.0.0", port: 0 }).close());
await attempt("run a program", () => new Deno.Command("true").output());
await attempt("load a library", async () => Deno.dlopen("libc.so.6", {}).close());
console.log("PROBE" + JSON.stringify({ tried, args: Deno.args, mistakes: loaded.mistakes }));
`;

/** Runs the task `start` of deno.json with the probe as main.ts, in a folder whose name holds a blank. */
async function startProbe(env: Record<string, string>, args: string[] = []) {
  await using dir = await tempDir();
  const project = dir.join("a clone");
  await Deno.mkdir(`${project}/services`, { recursive: true });
  for (const name of ["client", "config", "routes", "static", "tools"]) {
    await Deno.symlink(new URL(name, ROOT), `${project}/${name}`);
  }
  await Deno.copyFile(new URL("services/model.ts", ROOT), `${project}/services/model.ts`);
  await Deno.copyFile(new URL("deno.json", ROOT), `${project}/deno.json`);
  await Deno.copyFile(new URL("deno.lock", ROOT), `${project}/deno.lock`);
  await Deno.writeTextFile(`${project}/services/part.ts`, "export const part = 1;");
  await Deno.writeTextFile(`${project}/services/worker.ts`, 'import "./part.ts"; self.postMessage(1);');
  await Deno.writeTextFile(`${project}/main.ts`, PROBE);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "start", ...args],
    cwd: project,
    clearEnv: true,
    env: cleanEnvironment({ PAWL_PORT: "0", ...env }),
  }).output();
  const text = new TextDecoder();
  const report = /^PROBE(.*)$/m.exec(text.decode(stdout));
  assert(report, `no report:\n${text.decode(stdout)}${text.decode(stderr)}`);
  return JSON.parse(report[1]!);
}

const MUST_NOT = {
  "write the page": "NotCapable",
  "write pawl.json": "NotCapable",
  "read the system": "NotCapable",
  "find no other variable": "ok",
  "listen elsewhere": "NotCapable",
  "run a program": "NotCapable",
  "load a library": "NotCapable",
};

Deno.test("deno task start runs the server with what it needs and nothing else, also below a name with a blank", async () => {
  const { tried, args } = await startProbe({}, ["--help", "two words"]);
  assert.deepEqual(tried, {
    "make the data directory": "ok",
    "write data": "ok",
    "read data": "ok",
    "open KV": "ok",
    "read the page": "ok",
    "start a worker": "ok",
    "listen": "ok",
    ...MUST_NOT,
  });
  assert.deepEqual(args, ["--help", "two words"]);
});

Deno.test("deno task start serves a data directory elsewhere whose name holds a blank", async () => {
  await using dir = await tempDir();
  const { tried } = await startProbe({ PAWL_DATA_DIR: dir.join("big disk/data") });
  assert.equal(tried["write data"], "ok");
  assert.equal(tried["open KV"], "ok");
});

Deno.test("deno task start lets the server name an unknown variable, and do nothing", async () => {
  const { tried, mistakes } = await startProbe({ PAWL_PROT: "1" });
  assert.deepEqual(mistakes, ["PAWL_PROT is not a setting, did you mean PAWL_PORT?"]);
  assert.equal(tried["make the data directory"], "NotCapable");
  assert.equal(tried["listen"], "NotCapable");
});
