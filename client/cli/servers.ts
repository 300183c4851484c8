/** The servers this person is signed in to, in one private file; a token is only ever sent to its own server. */
import { join } from "node:path";
import { configDir, type Environment } from "./config_dir.ts";
import { CommandError } from "./failure.ts";
import { readPrivate, writePrivate } from "./private_file.ts";
import { readServer } from "./sign_in.ts";

export interface KnownServer {
  /** null where signing in is switched off. */
  token: string | null;
  user: string;
  /** ISO 8601; null when the sign-in does not end. */
  expiresAt: string | null;
}

export interface Servers {
  /** The one that commands use when nothing else is said. */
  current: string | null;
  known: Record<string, KnownServer>;
}

/** A server and how to sign in there. */
export interface Target {
  server: string;
  /** null: as nobody. */
  token: string | null;
}

export function serversFile(env: Environment): string {
  return join(configDir(env), "servers.json");
}

/** An unreadable file counts as broken, not as empty: signing in anew must not silently drop other servers. */
export async function readServers(env: Environment): Promise<Servers> {
  const path = serversFile(env);
  const text = await readPrivate(path);
  if (text === null) return { current: null, known: {} };
  try {
    const { current, known } = JSON.parse(text);
    if (typeof known !== "object" || known === null) throw new TypeError("no servers");
    return { current: typeof current === "string" ? current : null, known };
  } catch {
    throw new CommandError("failure", `${path} is damaged. Remove it and sign in again with: pawl login`);
  }
}

export async function writeServers(env: Environment, servers: Servers): Promise<void> {
  await writePrivate(serversFile(env), JSON.stringify(servers, null, 2) + "\n");
}

/** What says which server is meant. */
export interface Choice {
  /** `--server`. */
  option: string | undefined;
  env: Environment;
}

/**
 * Which server a command talks to: `--server`, else `PAWL_SERVER`, else the one signed in to last. Throws
 * `CommandError` `notSignedIn` when that is none, or one that no sign-in is known of. Pure.
 */
export function chooseTarget(servers: Servers, choice: Choice): Target {
  const server = chosenServer(servers, choice);
  if (server === null) {
    throw new CommandError("notSignedIn", "Not signed in yet. Sign in with: pawl login https://your.server/");
  }
  const target = targetOf(servers, { server, ...choice });
  if (target === null) {
    throw new CommandError("notSignedIn", `Not signed in to ${server}. Sign in with: pawl login ${server}`);
  }
  return target;
}

/**
 * The sign-in at any `server`, as one that a link points to; null when none is known. `PAWL_TOKEN` belongs to
 * `PAWL_SERVER` or, without that, to the chosen server, and is given to no other one. Pure.
 */
export function targetOf(
  servers: Servers,
  { server, ...choice }: Choice & { server: string },
): Target | null {
  const { PAWL_TOKEN: token, PAWL_SERVER: named } = choice.env;
  const owner = named ? readServer(named) : chosenServer(servers, choice);
  if (token && owner === server) return { server, token };
  return Object.hasOwn(servers.known, server) ? { server, token: servers.known[server]!.token } : null;
}

function chosenServer({ current }: Servers, { option, env }: Choice): string | null {
  const named = option ?? (env.PAWL_SERVER || undefined);
  return named === undefined ? current : readServer(named);
}
