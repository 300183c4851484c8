/** The arguments of backup and restore. Pure. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Asked } from "../command.ts";

export interface Wanted {
  /** Absolute. */
  directory: string;
  bytes: boolean;
}

/** What they ask for, or what is wrong with them, as a sentence. `cwd`: where the person is. */
export function readArguments(
  args: readonly string[],
  cwd: string,
): Asked<Wanted> {
  try {
    const { values: { help, bytes }, positionals: [directory, ...others] } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        bytes: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (help) return { help: true };
    if (directory === undefined || directory === "" || others.length > 0) {
      return { mistake: "Name the one directory of the backup." };
    }
    return { directory: resolve(cwd, directory), bytes };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}
