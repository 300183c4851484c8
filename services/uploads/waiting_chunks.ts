/** Chunks whose fields come behind them wait in the temporary folder until it is known where they belong. */
import type { Config } from "../../config/config.ts";
import { newSpools, type Spooled, type Spools } from "../blobs/spool.ts";

/** At once, each of at most `chunks.max` bytes. */
const MAX_WAITING = 32;

export type WaitingChunk = Spooled;
export type WaitingChunks = Spools;

export function waitingChunks({ tempDir }: Pick<Config, "tempDir">): WaitingChunks {
  return newSpools({ directory: tempDir, most: MAX_WAITING });
}
