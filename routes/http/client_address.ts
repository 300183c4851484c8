/** The address a request comes from, seen through the proxies that are trusted to tell it. Pure. */
import { canonicalAddress, inNetwork, type Network, parseNetwork } from "../../services/network.ts";

/** Decides whether an address, in canonical form, is a trusted proxy. */
export type TrustedProxies = (address: string) => boolean;

/** Reads addresses and CIDR blocks, as of `PAWL_TRUSTED_PROXIES`. Throws a `TypeError` that names a malformed one. */
export function trustedProxies(blocks: readonly string[]): TrustedProxies {
  const networks = blocks.map(parseBlock);
  return (address) => networks.some((network) => inNetwork(address, network));
}

/**
 * `remote` is the connection's peer; it is believed only as far as it is `trusted`: then the last entry of
 * `X-Forwarded-For` counts, and so on from the right, up to the first address that is no trusted proxy. An entry
 * that is no address ends the walk at the proxy that wrote it. "unknown" without a peer.
 */
export function clientAddress(
  remote: string | undefined,
  headers: Headers,
  { trusted }: { trusted: TrustedProxies },
): string {
  let address = remote === undefined ? null : canonicalAddress(remote);
  if (address === null) return "unknown";
  const entries = headers.get("X-Forwarded-For")?.split(",") ?? [];
  while (entries.length > 0 && trusted(address)) {
    const before = addressOfEntry(entries.pop()!.trim());
    if (before === null) break;
    address = before;
  }
  return address;
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressOfEntry(entry: string): string | null {
  const match = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/.exec(entry);
  return canonicalAddress(match ? match[1] ?? match[2]! : entry);
}

function parseBlock(block: string): Network {
  const network = parseNetwork(block);
  if (network) return network;
  throw new TypeError(`"${block}" is neither an address nor a CIDR block such as 10.0.0.0/8 or fd00::/8`);
}
