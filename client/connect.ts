/** The entry: one connection to one server. */
import type { ConnectOptions, Pawl } from "./types.ts";

/** Prepares calls to one server; makes no request yet. Throws `TypeError` when `baseUrl` is not an address. */
export function connect(_options: ConnectOptions = {}): Pawl {
  throw new Error("not written yet");
}
