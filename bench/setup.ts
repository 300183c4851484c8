/** What all sections of the report need. */
import { startServer } from "../tests/support/server.ts";
import { type Goal, ratio } from "./goals.ts";
import { MIB, type Payload } from "./payload.ts";
import type { Result } from "./rounds.ts";
import type { TusPeers } from "./servers/tus.ts";

export interface Setup {
  payload: Payload;
  /** An empty folder on a disk. */
  scratch: string;
  /** null: not to be had here. */
  tus: TusPeers | null;
  /** Of the large file. */
  bytes: number;
  rounds: number;
  quick: boolean;
  /** Of the peers; sections add theirs. */
  versions: string[];
}

export const CHUNK_BYTES = 8 * MIB;
export const startPawl = () => startServer({ env: { PAWL_LOG_LEVEL: "warning" } });

export async function folder(setup: Setup, name: string): Promise<string> {
  const path = `${setup.scratch}/${name}`;
  await Deno.mkdir(path);
  return path;
}

export interface SpeedGoal {
  /** Contenders. */
  name: string;
  other: string;
  /** The contender that does only what cannot be left out. */
  floor?: string;
  limit: number;
  why?: string;
}

/** None when one of both did not take part. */
export function speedGoal(
  what: string,
  results: Result[],
  { name, other, floor, limit, why }: SpeedGoal,
): Goal[] {
  const value = ratio(results, { name, other });
  if (value === null) return [];
  const possible = floor === undefined ? null : ratio(results, { name: floor, other });
  return [{
    name: what,
    limit,
    value,
    unit: "x",
    ...(possible !== null && { possible }),
    ...(why && { why }),
  }];
}
