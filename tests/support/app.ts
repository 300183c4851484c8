/**
 * The whole application in process, with a data directory of its own and a clock that only the test moves: requests
 * go through its front door as they would over a socket.
 */
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { createApp } from "../../routes/app.ts";
import { readPage } from "../../routes/page_files.ts";
import { PAGE_FILE } from "../../routes/page_path.ts";
import { openAccess } from "../../services/access/access.ts";
import { issuerOf } from "../../services/access/issuer.ts";
import { openServices, type Services } from "../../services/open.ts";
import { NO_LIMITS } from "./no_limits.ts";
import { tempDir } from "./temp_dir.ts";

/** A disk that does much else holds a sync for many seconds: no test is to fail by that. */
const PATIENT_MS = 300_000;
const SECRET = "a secret for tests only, thirty-two bytes or more";

export interface TestUser {
  sub: string;
  role?: "admin" | "user";
}

export const ALICE: TestUser = { sub: "alice" };
export const BOB: TestUser = { sub: "bob" };
export const ADMIN: TestUser = { sub: "root", role: "admin" };

export interface TestApp extends AsyncDisposable {
  readonly config: Config;
  readonly services: Services;
  /** Ms since 1970; starts at the real time. Assign to move it. */
  clock: number;
  /** As `user` (default `ALICE`; null: nobody), over a connection from the address `peer`. */
  request(path: string, init?: TestRequest): Promise<Response>;
  /** `request` with a JSON body, giving status and parsed answer. */
  json(method: string, path: string, options?: { body?: unknown; user?: TestUser | null }): Promise<Answer>;
  /** Its routes, as registered. */
  routes(): { method: string; path: string }[];
  token(user: TestUser): Promise<string>;
  /** Closes the services as a clean stop does and opens them anew on the same data. */
  restart(): Promise<void>;
}

export type TestRequest = RequestInit & {
  user?: TestUser | null;
  peer?: string;
  /** Headers and body as they are: without what HTTP/1.1 says of the body's length. */
  unframed?: boolean;
};

export interface Answer {
  status: number;
  headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into answers of every shape
  body: any;
}

export interface TestAppOptions {
  env?: Record<string, string>;
  /** What `pawl.json` holds. The limits of uploads are switched off unless it has `limits`. */
  pawlJson?: Record<string, unknown>;
  /** Instead of a temporary one, which is removed at the end. */
  dataDir?: string;
}

export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const scratch = options.dataDir === undefined ? await tempDir() : null;
  const config = await configOf(options, options.dataDir ?? scratch!.path);
  const state = { clock: Date.now() };
  const now = () => state.clock;
  const issuer = issuerOf(config, { now: Date.now, fetch });
  const access = openAccess({ secret: SECRET, issuer, now: Date.now });
  let services = await openServices(config, {
    version: "test",
    now,
    elapsed: now,
    recordsDeadlineMs: PATIENT_MS,
  });
  const page = await readPage(() => Deno.readTextFile(new URL(`../../${PAGE_FILE}`, import.meta.url)));
  const build = () => createApp({ config, services, access, issuer, version: "test", page, addresses: [] });
  let app = build();

  async function token({ sub, role = "user" }: TestUser): Promise<string> {
    return await access.mintToken({ user: sub, role, hours: 1 });
  }

  async function request(
    path: string,
    init: TestRequest = {},
  ): Promise<Response> {
    const { user = ALICE, peer, unframed = false, ...rest } = init;
    const headers = new Headers(rest.headers);
    if (!unframed) frame(headers, rest.body);
    if (user && !headers.has("Authorization")) headers.set("Authorization", `Bearer ${await token(user)}`);
    const remoteAddr = peer && { transport: "tcp", hostname: peer, port: 1 };
    return await app.request(path, { ...rest, headers }, remoteAddr ? { remoteAddr } : {});
  }

  async function close() {
    await services.core.gate.stop(1000);
    await services.close();
  }

  return {
    config,
    get services() {
      return services;
    },
    get clock() {
      return state.clock;
    },
    set clock(time) {
      state.clock = time;
    },
    request,
    async json(method, path, { body, user } = {}) {
      const response = await request(path, {
        method,
        ...(user === undefined ? {} : { user }),
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text === "" ? null : JSON.parse(text),
      };
    },
    routes: () => app.routes.map(({ method, path }) => ({ method, path })),
    token,
    async restart() {
      await close();
      services = await openServices(config, {
        version: "test",
        now,
        elapsed: now,
        recordsDeadlineMs: PATIENT_MS,
      });
      app = build();
    },
    async [Symbol.asyncDispose]() {
      await close();
      await scratch?.[Symbol.asyncDispose]();
    },
  };
}

/** A body says its length or comes in chunks (RFC 9112, 6.3). Forms and blobs come in chunks here. */
function frame(headers: Headers, body: RequestInit["body"]) {
  if (body === null || body === undefined) return;
  if (headers.has("Content-Length") || headers.has("Transfer-Encoding")) return;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  if (bytes instanceof Uint8Array) headers.set("Content-Length", String(bytes.length));
  else headers.set("Transfer-Encoding", "chunked");
}

async function configOf({ env = {}, pawlJson = {} }: TestAppOptions, dataDir: string): Promise<Config> {
  const uploads = { answerSeconds: PATIENT_MS / 1000, ...pawlJson.uploads as object };
  const loaded = await loadConfig({
    env: { PAWL_DATA_DIR: dataDir, PAWL_CONFIG: "pawl.json", ...env },
    readTextFile: () => Promise.resolve(JSON.stringify({ limits: NO_LIMITS, ...pawlJson, uploads })),
    cwd: dataDir,
  });
  if ("mistakes" in loaded) throw new Error(loaded.mistakes.join("\n"));
  return loaded.config;
}
