/** IP addresses and CIDR blocks of them. Pure. */
import ipaddr from "ipaddr.js";

/** A block of addresses: its first one, and how many leading bits are the same in all. */
export type Network = readonly [first: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** IPv4 in canonical form, as nearly every address that is asked for on the way of each request. */
const CANONICAL_IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** An IP address in canonical form, IPv4-mapped ones as IPv4; null when it is not one. IPv4 only as four decimal numbers. */
export function canonicalAddress(text: string): string | null {
  if (CANONICAL_IPV4.test(text)) return text;
  if (!ipaddr.IPv6.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) return null;
  const address = ipaddr.process(text);
  if (address.kind() === "ipv6") (address as ipaddr.IPv6).zoneId = undefined;
  return address.toString();
}

/** An address, or a CIDR block such as `10.0.0.0/8` or `fd00::/8`; null when it is neither. */
export function parseNetwork(block: string): Network | null {
  const [text = "", bits, ...rest] = block.trim().split("/");
  const canonical = rest.length === 0 ? canonicalAddress(text) : null;
  if (canonical === null) return null;
  const address = ipaddr.parse(canonical);
  const width = address.kind() === "ipv4" ? 32 : 128;
  // ::ffff:10.0.0.0/104 means 10.0.0.0/8.
  const mapped = width === 32 && text.includes(":") ? 96 : 0;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) - mapped : NaN;
  return prefix >= 0 && prefix <= width ? [address, prefix] : null;
}

/** Whether `address` lies in the block; text that is no address lies in none. */
export function inNetwork(address: string, [first, bits]: Network): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.kind() === first.kind() && parsed.match(first, bits);
}

/** The shortest form that means the same: without the bits behind the prefix, one address without a prefix. */
export function showNetwork([address, bits]: Network): string {
  if (bits === address.toByteArray().length * 8) return address.toString();
  const bytes = address.toByteArray().map((byte, at) =>
    byte & (0xff00 >> Math.min(8, Math.max(0, bits - at * 8)))
  );
  return `${ipaddr.fromByteArray(bytes)}/${bits}`;
}

/** IPv6 hosts change their address within their /64; anything that is no IPv6 address stays as it is. */
export function hostNetwork(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  return showNetwork([ipaddr.parse(address), 64]);
}
