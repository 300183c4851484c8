/**
 * The real server as a process of its own, started with the permissions of `deno task start` on a free loopback
 * port and a data directory of its own, to be talked to, stopped, killed and started again.
 */
import { SignJWT } from "jose";
import { flagsOf, type PermissionFlags } from "../../tools/permissions.ts";
import { NO_LIMITS } from "./no_limits.ts";
import { type Child, startChild } from "./child.ts";
import { cleanEnvironment } from "./environment.ts";
import { tempDir } from "./temp_dir.ts";

const root = new URL("../../", import.meta.url).pathname;

export interface ServerOptions {
  /** `PAWL_*` variables beside those that are needed here. */
  env?: Record<string, string>;
  /** What `pawl.json` holds. The limits of uploads are switched off unless it has `limits`. */
  config?: Record<string, unknown>;
  /** Put before the command; must replace itself by it (`prlimit --nofile=80`, `strace -D -f -o ...`), so that signals reach the server. */
  wrapper?: string[];
}

export interface User {
  sub: string;
  /** Default `user`. */
  role?: "admin" | "user";
  name?: string;
}

export interface TestServer extends AsyncDisposable {
  /** Where it listens, `http://127.0.0.1:<port>/`; another port after each start. */
  readonly url: URL;
  readonly pid: number;
  readonly dataDir: string;
  /** The secret that its access tokens are signed with. */
  readonly secret: string;
  /** What it has printed since its last start. */
  output(): string;
  /** Resolves when the output since its last start matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** An access token, valid for an hour. */
  token(user?: User): Promise<string>;
  /** `fetch` of a path on this server as `user`; null: as nobody. */
  fetch(path: string, init?: RequestInit & { user?: User | null }): Promise<Response>;
  /** Asks it to end (`SIGTERM` unless said otherwise) and waits until it has. */
  stop(signal?: "SIGTERM" | "SIGINT"): Promise<Deno.CommandStatus>;
  /** Ends it at once by `SIGKILL`. */
  kill(): Promise<Deno.CommandStatus>;
  /** Starts it again on the same data directory, from now on with `wrapper` if given; kills it first when it still runs. */
  restart(options?: Pick<ServerOptions, "wrapper">): Promise<void>;
  /** Resolves when it has ended by itself or by a signal. */
  readonly ended: Promise<Deno.CommandStatus>;
}

const LOCAL_ADMIN: User = { sub: "local", role: "admin" };

function randomSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (b) => b.toString(16).padStart(2, "0")).join(
    "",
  );
}

async function mintToken({ sub, role = "user", name }: User, secret: string): Promise<string> {
  return await new SignJWT({ role, ...(name === undefined ? {} : { name }) })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(secret));
}

/**
 * The command that `deno task start` runs. What it substitutes by `tools/permissions.ts` is computed here: four processes
 * less for each server. The task itself would stand between the server and the signals sent to it.
 */
async function startCommand(env: Record<string, string>): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(root + "deno.json"));
  const task: string = tasks.start.command;
  const flags = await flagsOf({ env, cwd: root });
  const words = [...task.matchAll(/"?\$\(deno [^)]*tools\/permissions\.ts (\w+)\)"?|(\S+)/g)];
  const command = words.flatMap(([, kind, word]) => kind ? flags[kind as keyof PermissionFlags] : [word!]);
  const [deno, ...args] = command;
  if (deno !== "deno" || args[0] !== "run") throw new Error(`deno task start is not "deno run ...": ${task}`);
  return [Deno.execPath(), ...args];
}

/** Starts the server and waits until it says where it listens. Disposing kills it and removes its data. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  await using cleanup = new AsyncDisposableStack();
  const dir = cleanup.use(await tempDir());
  const dataDir = dir.join("data");
  const secret = options.env?.PAWL_JWT_SECRET ?? randomSecret();
  await Deno.writeTextFile(dir.join("pawl.json"), JSON.stringify({ limits: NO_LIMITS, ...options.config }));
  const env = cleanEnvironment({
    NO_COLOR: "1",
    PAWL_CONFIG: dir.join("pawl.json"),
    PAWL_PORT: "0",
    PAWL_DATA_DIR: dataDir,
    PAWL_JWT_SECRET: secret,
    ...options.env,
  });
  const command = await startCommand(env);
  let wrapper = options.wrapper ?? [];

  const start = () =>
    startChild([...wrapper, ...command], { cwd: root, env, ready: /http:\/\/127\.0\.0\.1:\d+(?=\D)/ });
  let child: Child = await start();
  cleanup.defer(async () => void await child.stop("SIGKILL"));
  const owned = cleanup.move();

  const server: TestServer = {
    get url() {
      return new URL(child.ready[0]);
    },
    get pid() {
      return child.pid;
    },
    dataDir,
    secret,
    output: () => child.output(),
    prints: (pattern) => child.prints(pattern),
    token: (user = LOCAL_ADMIN) => mintToken(user, secret),
    async fetch(path, { user = LOCAL_ADMIN, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (user !== null) headers.set("authorization", `Bearer ${await mintToken(user, secret)}`);
      return await fetch(new URL(path, child.ready[0]), { ...init, headers });
    },
    stop: (signal = "SIGTERM") => child.stop(signal),
    kill: () => child.stop("SIGKILL"),
    get ended() {
      return child.ended;
    },
    async restart(next) {
      await child.stop("SIGKILL");
      wrapper = next?.wrapper ?? wrapper;
      child = await start();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  return server;
}
