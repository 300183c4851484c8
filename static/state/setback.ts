/** What becomes of a transfer that the client library has given up. Pure. */
import { PawlError } from "../../client/errors.ts";

/**
 * - `connection`, `sign-in`: it waits for that and then goes on by itself
 * - `limit`: the server takes it later; it queues again
 * - `anew`: its bytes are gone, or are another file's; trying again begins anew
 * - `failed`: somebody has to decide
 */
export type Setback = "connection" | "sign-in" | "limit" | "anew" | "failed";

/** How often one that made no progress since waits for the connection before somebody is asked. */
const PATIENCE = 5;

/** `before`: how often it has waited for the connection since its last progress. */
export function setbackOf(error: unknown, { before }: { before: number }): Setback {
  if (!(error instanceof PawlError)) return "failed";
  const { status, code } = error;
  if (status === 401) return "sign-in";
  if (status === 429) return "limit";
  if (isUnreachable(error)) return before < PATIENCE ? "connection" : "failed";
  const gone = status === 410 || status === 422 || code === "content-mismatch";
  return gone || code === "content-differs" ? "anew" : "failed";
}

/** Whether the server, or the way to it, is to blame rather than the file. 507 is a full disk: nothing to wait for. */
export function isUnreachable({ status, code }: PawlError): boolean {
  return code === "network" || code === "stalled" || status >= 502 && status <= 504;
}
