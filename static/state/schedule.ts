/** Which files go up at the same time. Pure. */
import type { Allowance } from "./limit.ts";
import { isRunning, type Transfer } from "./transfer.ts";

/** A browser has six connections to a server over HTTP/1.1; one stays free for the list and for cancelling. */
export const CONNECTIONS = 5;
const LARGE_BYTES = 8 * 1024 * 1024;
const LARGE_CONNECTIONS = 3;

/** Chunks at once for a file of `size` bytes; small ones go many at a time instead. */
export function connectionsFor(size: number): number {
  return size > LARGE_BYTES ? LARGE_CONNECTIONS : 1;
}

/** Too large for what is left of the day. What has been begun before has its bytes already. */
export function isOverDay({ phase, sessionId, file }: Transfer, bytes: number): boolean {
  return phase === "queued" && sessionId === null && file.size > bytes;
}

/**
 * The queued ones to start now, in their order. One that needs more connections than are free lets smaller ones
 * pass, but only as long as something runs that will make room for it; so does one that is too large for the day.
 */
export function toStart(
  transfers: readonly Transfer[],
  { any, bytes }: Pick<Allowance, "any" | "bytes">,
): Transfer[] {
  if (!any) return [];
  let free = CONNECTIONS;
  for (const transfer of transfers) {
    if (isRunning(transfer)) free -= connectionsFor(transfer.file.size);
  }
  const chosen: Transfer[] = [];
  for (const transfer of transfers) {
    if (free <= 0) break;
    if (transfer.phase !== "queued" || isOverDay(transfer, bytes)) continue;
    const needed = connectionsFor(transfer.file.size);
    if (needed > free) continue;
    free -= needed;
    if (transfer.sessionId === null) bytes -= transfer.file.size;
    chosen.push(transfer);
  }
  return chosen;
}
