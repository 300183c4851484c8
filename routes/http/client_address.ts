/** The address a request comes from, seen through the proxies that are trusted to tell it. Pure. */
import ipaddr from "ipaddr.js";
import { canonicalAddress } from "./host_name.ts";

/** Decides whether an address, in canonical form, is a trusted proxy. */
export type TrustedProxies = (address: string) => boolean;

/** Reads addresses and CIDR blocks, as of `PAWL_TRUSTED_PROXIES`. Throws a `TypeError` that names a malformed one. */
export function trustedProxies(blocks: readonly string[]): TrustedProxies {
  const ranges = blocks.map(parseBlock);
  return (text) => {
    const address = ipaddr.parse(text);
    return ranges.some(([network, bits]) =>
      network.kind() === address.kind() && address.match(network, bits)
    );
  };
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

function parseBlock(block: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [text = "", bits, ...rest] = block.trim().split("/");
  const canonical = rest.length === 0 ? canonicalAddress(text) : null;
  if (canonical === null) throw malformed(block);
  const network = ipaddr.parse(canonical);
  const width = network.kind() === "ipv4" ? 32 : 128;
  // ::ffff:10.0.0.0/104 means 10.0.0.0/8.
  const mapped = width === 32 && text.includes(":") ? 96 : 0;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) - mapped : NaN;
  if (!(prefix >= 0 && prefix <= width)) throw malformed(block);
  return [network, prefix];
}

function malformed(block: string): TypeError {
  return new TypeError(`"${block}" is neither an address nor a CIDR block such as 10.0.0.0/8 or fd00::/8`);
}
