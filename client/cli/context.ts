/** What every command gets as its first argument. */
import { connect } from "../connect.ts";
import { newServer, type Server } from "../server.ts";
import type { ConnectOptions, Pawl } from "../types.ts";
import type { Environment } from "./config_dir.ts";
import type { ExitReason } from "./exit_codes.ts";
import { openOutput, type Output } from "./output.ts";
import { chooseTarget, readServers, type Target, targetOf } from "./servers.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command takes. */
export interface CommonOptions {
  server?: string;
  json?: boolean;
  quiet?: boolean;
}

/** What the process gives. */
export interface Surroundings {
  terminal: Terminal;
  env: Environment;
  /** Aborted with `Interrupted` when the command is to end. */
  signal: AbortSignal;
  /** Ms since 1970. */
  now: () => number;
}

export interface CommandContext extends Surroundings {
  json: boolean;
  quiet: boolean;
  output: Output;
  /** The server that the command is for. Throws `CommandError` `notSignedIn`. */
  target(): Promise<Target>;
  /** A connection to it. */
  connect(): Promise<Pawl>;
  /** A connection to the server at `address`, with the sign-in that is known for exactly that one, else as nobody. */
  connectTo(address: string): Promise<Pawl>;
  /** The same, for requests that are none of the API's. */
  serverAt(address: string): Promise<Server>;
}

export function commandContext(surroundings: Surroundings, options: CommonOptions): CommandContext {
  const { terminal, env } = surroundings;
  const json = options.json ?? false;
  const quiet = options.quiet ?? false;

  const choice = { option: options.server, env };

  const target = async () => chooseTarget(await readServers(env), choice);

  /** The token is read again when the server refuses it: the person may have signed in anew in another window. */
  function connection({ server, token }: Target): ConnectOptions {
    if (token === null) return { baseUrl: server };
    const current = async () => targetOf(await readServers(env), { server, ...choice })?.token ?? token;
    return { baseUrl: server, token: current };
  }
  const known = async (server: string) =>
    connection(targetOf(await readServers(env), { server, ...choice }) ?? { server, token: null });

  return {
    ...surroundings,
    json,
    quiet,
    output: openOutput(terminal, { json, quiet }),
    target,
    connect: async () => connect(connection(await target())),
    connectTo: async (server) => connect(await known(server)),
    serverAt: async (server) => newServer(await known(server)),
  };
}

/** What a command does: `args` as declared, then its options. Gives why it ended; nothing means well. */
export type CommandAction<Args extends unknown[], Options> = (
  context: CommandContext,
  options: Options,
  ...args: Args
) => Promise<ExitReason | void>;

/** Makes a commander action of a command's. */
export type Handle = <Args extends unknown[], Options>(
  action: CommandAction<Args, Options>,
) => (...params: unknown[]) => Promise<void>;
