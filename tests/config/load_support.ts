/** Configurations for tests, read from objects in place of the machine. */
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/config.ts";

/** `files`: absolute path -> text; the working directory is `/srv`. */
export function load(env: Record<string, string> = {}, files: Record<string, string> = {}) {
  const readTextFile = (path: string) =>
    path in files ? Promise.resolve(files[path]!) : Promise.reject(new Deno.errors.NotFound(path));
  return loadConfig({ env, readTextFile, cwd: "/srv" });
}

/** Fails with the mistakes, if there are some. */
export async function configOf(env: Record<string, string> = {}, pawlJson?: unknown): Promise<Config> {
  const loaded = await load(
    env,
    pawlJson === undefined ? {} : { "/srv/pawl.json": JSON.stringify(pawlJson) },
  );
  if ("mistakes" in loaded) throw new Error(loaded.mistakes.join("\n"));
  return loaded.config;
}

/** Empty when the configuration is right. */
export async function mistakesOf(env: Record<string, string>, pawlJson?: unknown): Promise<string[]> {
  const loaded = await load(
    env,
    pawlJson === undefined ? {} : { "/srv/pawl.json": JSON.stringify(pawlJson) },
  );
  return "mistakes" in loaded ? loaded.mistakes : [];
}
