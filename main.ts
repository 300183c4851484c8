/** Starts the server: configuration, services, app, listener; and stops them the other way round. */
import denoJson from "./deno.json" with { type: "json" };
import type { Config } from "./config/config.ts";
import { helpText } from "./config/help.ts";
import { loadConfig } from "./config/load.ts";
import { pawlVariables } from "./config/process_environment.ts";
import { scheduleJobs } from "./jobs/schedule.ts";
import { configureLog } from "./log.ts";
import { createApp } from "./routes/app.ts";
import { readPage } from "./routes/page_files.ts";
import { PAGE_FILE } from "./routes/page_path.ts";
import { maskAddressesInTraces } from "./routes/request_trace.ts";
import { type RunningServer, serveApp, type ServeOptions } from "./routes/serve.ts";
import { type Access, openAccess } from "./services/access/access.ts";
import { issuerOf } from "./services/access/issuer.ts";
import { readOrCreateSecret } from "./services/access/secret.ts";
import { baseAddress, signInLink } from "./services/access/sign_in_link.ts";
import { DataDirBusy, DataDirUnusable } from "./services/data_dir.ts";
import { openServices, type Services } from "./services/open.ts";

const SIGN_IN_HOURS = 12;
/**
 * Signals within so long of the first one are the same request still: a terminal sends Ctrl-C to deno task and to us, and
 * deno task passes it on, once or twice, on a busy machine seconds later.
 */
const SAME_REQUEST_MS = 10_000;
/** Of the grace time, kept for uploads to record what counted, and for closing. */
const SETTLE_MS = 2000;
const CLOSE_MS = 500;

const NOT_ON_DEPLOY = "Pawl cannot run on Deno Deploy yet: its disks go with their instances, and what was " +
  "acknowledged would be lost with them. Run it on a machine, or in a container with a volume: docs/operations.md.";

async function main(): Promise<void> {
  if (Deno.args.includes("--help") || Deno.args.includes("-h")) return console.log(helpText());
  if (Deno.args.length > 0) {
    fail([`Unknown argument ${Deno.args[0]}. deno task start --help shows the settings.`]);
  }
  if (Deno.env.get("DENO_DEPLOY") === "true") fail([NOT_ON_DEPLOY]);
  const loaded = await loadConfig({ env: pawlVariables(), readTextFile: Deno.readTextFile, cwd: Deno.cwd() });
  if ("mistakes" in loaded) fail(["Pawl cannot start; the configuration has mistakes:", ...loaded.mistakes]);
  const { config } = loaded;
  configureLog(config.log);
  maskAddressesInTraces();

  const services = await open(config);
  const secret = config.jwt.secret ?? await readOrCreateSecret(config.dataDir);
  const issuer = issuerOf(config, { now: Date.now, fetch });
  if (config.auth === "on") void issuer?.prepare();
  const { maxHours: maxSessionHours } = config.browserSession;
  const access = openAccess({ secret, issuer, maxSessionHours, now: Date.now });
  const app = createApp({
    config,
    services,
    access,
    issuer,
    version: denoJson.version,
    page: await readPage(() => Deno.readTextFile(new URL(PAGE_FILE, import.meta.url))),
    addresses: ownAddresses(config),
  });

  const jobs = new AbortController();
  scheduleJobs(services, jobs.signal);
  let stoppingSince: number | null = null;
  async function stop() {
    if (stoppingSince !== null) {
      if (performance.now() - stoppingSince < SAME_REQUEST_MS) return;
      console.log("Asked again: stopped at once. What was acknowledged is safe.");
      Deno.exit(130);
    }
    stoppingSince = performance.now();
    console.log("Stopping: running uploads end or keep what counted.");
    const graceMs = config.shutdown.graceSeconds * 1000;
    const deadline = Date.now() + graceMs;
    setTimeout(() => Deno.exit(0), graceMs); // Whatever hangs: every state survives this.
    jobs.abort();
    await services.core.gate.stop(Math.max(0, graceMs - SETTLE_MS));
    // Downloads get what is left; they can be resumed.
    const left = Math.max(0, deadline - Date.now() - CLOSE_MS);
    await Promise.race([server.shutdown(), new Promise((resolve) => setTimeout(resolve, left))]);
    await services.close();
    console.log("Stopped.");
    Deno.exit(0);
  }
  // Before the listener, which may take the last descriptors, and before anybody hears that we serve.
  Deno.addSignalListener("SIGTERM", stop);
  Deno.addSignalListener("SIGINT", stop);

  const server = listen(config, {
    fetch: (request, info) => app.fetch(request, { remoteAddr: info.remoteAddr, freesPieces: true }),
    onListen: async ({ port }) => {
      // Before anybody is told: who reads the announcement may run a command at once.
      await services.publishAddress(baseAddress({ publicUrl: null, host: config.host, port }));
      await announce(config, { access, port });
    },
  });
}

async function open(config: Config): Promise<Services> {
  try {
    return await openServices(config, { version: denoJson.version });
  } catch (error) {
    if (error instanceof DataDirBusy || error instanceof DataDirUnusable) fail([error.message]);
    if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
      fail([new DataDirUnusable(config.dataDir, error).message]);
    }
    throw error;
  }
}

function listen({ host, port }: Config, handlers: Pick<ServeOptions, "fetch" | "onListen">): RunningServer {
  try {
    return serveApp({ hostname: host, port, ...handlers });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      fail([`Port ${port} on ${host} is taken by another program. Choose another one with PAWL_PORT.`]);
    }
    if (error instanceof Deno.errors.AddrNotAvailable) {
      fail([`${host} is no address of this machine. Choose one of its own with PAWL_HOST.`]);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      fail([`Port ${port} needs the rights of an administrator. Choose one from 1024 on with PAWL_PORT.`]);
    }
    throw error;
  }
}

/** With a wildcard host every interface is listened on. */
function ownAddresses({ host }: Config): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [];
  return Deno.networkInterfaces().map(({ address }) => address);
}

async function announce(config: Config, { access, port }: { access: Access; port: number }): Promise<void> {
  const place = { publicUrl: config.publicUrl, host: config.host, port };
  const lines = [`Pawl ${denoJson.version} serves ${baseAddress({ ...place, publicUrl: null })}`];
  if (config.publicUrl) lines.push(`  known as      ${baseAddress(place)}`);
  lines.push(`  data          ${config.dataDir}  (pawl.kv records, blobs/ bytes, secret)`);
  if (config.auth === "off") {
    lines.push("  signing in    off: everybody who reaches this address is the administrator");
  } else if (Deno.stdout.isTerminal()) {
    const token = await access.mintToken({ user: "local", role: "admin", hours: SIGN_IN_HOURS });
    lines.push(`  sign in       ${signInLink(token, place)}`);
  } else {
    lines.push("  sign in       deno task token --user local --role admin --link   (prints the link)");
  }
  if (config.auth === "on" && config.oidc.clientId) lines.push(`  or at         ${config.jwt.issuer}`);
  lines.push(`  API           ${baseAddress(place)}/docs`);
  // Not by the console, which Deno copies into its telemetry: the link signs in.
  await Deno.stdout.write(new TextEncoder().encode(lines.join("\n") + "\n"));
}

function fail(lines: string[]): never {
  console.error(lines.join("\n"));
  Deno.exit(1);
}

await main();
