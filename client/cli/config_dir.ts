/** Where this person's settings and unfinished work lie. Pure: from the environment's variables. */
import { join } from "node:path";
import { CommandError } from "./failure.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** For sign-ins: `$XDG_CONFIG_HOME/pawl`, `~/.config/pawl`, on Windows `%APPDATA%\pawl`. */
export function configDir(env: Environment): string {
  return personalDir(env, { xdg: "XDG_CONFIG_HOME", fallback: ".config", windows: "APPDATA" });
}

/** For what an interrupted command has done already: `$XDG_STATE_HOME/pawl`, `~/.local/state/pawl`, `%LOCALAPPDATA%\pawl`. */
export function stateDir(env: Environment): string {
  return personalDir(env, { xdg: "XDG_STATE_HOME", fallback: ".local/state", windows: "LOCALAPPDATA" });
}

function personalDir(
  env: Environment,
  { xdg, fallback, windows }: { xdg: string; fallback: string; windows: string },
): string {
  // A relative path in an XDG variable is invalid and to be ignored (XDG Base Directory Specification).
  if (env[xdg]?.startsWith("/")) return join(env[xdg], "pawl");
  if (env[windows]) return join(env[windows], "pawl");
  const home = env.HOME || env.USERPROFILE;
  if (!home) {
    throw new CommandError("failure", `Neither ${xdg} nor HOME is set: no place to remember anything.`);
  }
  return join(home, fallback, "pawl");
}
