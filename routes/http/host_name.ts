/** Host names as the `Host` header and URLs write them. Pure. */
import ipaddr from "ipaddr.js";
import { canonicalAddress } from "../../services/network.ts";

const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9._-]*[a-z0-9_-])?)\.?)(?::(\d{0,5}))?$/;

/**
 * The host of `host[:port]` (RFC 9110 section 7.2) in one canonical form: names in lower case without the root's
 * dot, addresses without brackets and as short as they get, IPv4-mapped ones as IPv4. Null when it is not one.
 */
export function canonicalHost(text: string): string | null {
  const match = HOST.exec(text.toLowerCase());
  if (!match || Number(match[3] ?? 0) > 65_535) return null;
  const [, bracketed, name] = match;
  return bracketed === undefined ? canonicalName(name!) : canonicalAddress(bracketed);
}

/** Names and addresses that only this machine itself reaches (RFC 6761 section 6.3, RFC 6890). `host` is canonical. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host === "::1") return true;
  return ipaddr.IPv4.isValidFourPartDecimal(host) && ipaddr.IPv4.parse(host).range() === "loopback";
}

function canonicalName(name: string): string {
  return canonicalAddress(name) ?? name;
}
