/** What the commands beside the server have in common: help, arguments, the configuration, and how they fail. */
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { pawlVariables } from "../config/process_environment.ts";
import { openProgressLine, type ProgressLine } from "./progress_line.ts";

/** What the arguments ask for, or what is wrong with them, in sentences for the person who typed them. */
export type Asked<Wanted> = { help: true } | { mistake: string } | Wanted;

export interface Command<Wanted> {
  usage: string;
  asked: Asked<Wanted>;
  /** Resolves with the exit code; `line` is taken away in the end. */
  work(config: Config, wanted: Wanted, line: ProgressLine): Promise<number>;
  /** What is said of what `work` throws; its message when absent. */
  failure?: (error: unknown, config: Config) => string;
}

/** Resolves with the exit code: that of `work`, 0 after help, 1 when it could not be done. */
export async function runCommand<Wanted extends object>(
  { usage, asked, work, failure = messageOf }: Command<Wanted>,
): Promise<number> {
  if ("help" in asked) {
    console.log(usage);
    return 0;
  }
  if ("mistake" in asked) return fail(`${asked.mistake}\n\n${usage}`);
  const loaded = await loadConfig({ env: pawlVariables(), readTextFile: Deno.readTextFile, cwd: Deno.cwd() });
  if ("mistakes" in loaded) return fail(["The configuration is not valid:", ...loaded.mistakes].join("\n"));
  const { config } = loaded;
  const line = openProgressLine();
  try {
    return await work(config, asked, line);
  } catch (error) {
    line.end();
    return fail(failure(error, config));
  } finally {
    line.end();
  }
}

const messageOf = (error: unknown) => error instanceof Error ? error.message : String(error);

function fail(message: string): number {
  console.error(message);
  return 1;
}
