/** The first middleware: the request must name this server as its host. */
import type { MiddlewareHandler } from "hono";
import type { Config } from "../config/config.ts";
import { canonicalAddress } from "../services/network.ts";
import { Problem } from "../services/problem.ts";
import type { Env } from "./env.ts";
import { canonicalHost, isLoopback } from "./http/host_name.ts";

/** The part of a URL that says which host it means, where it is plain to see. */
const ORIGIN = /^https?:\/\/[^/\\?#@\s]+(?=\/)/;
const MAX_PASSED = 1000;

export interface KnownHosts {
  config: Pick<Config, "host" | "publicUrl">;
  /** The machine's own addresses when `config.host` is a wildcard; else empty. */
  addresses: readonly string[];
}

/**
 * Refuses, with `Problem` `unknown-host`, a host that is malformed (it is pasted into the URL that is routed) or
 * not ours (a page whose name was pointed at this machine: DNS rebinding). Both the `Host` header and the URL's
 * host are looked at: a request line in absolute form sets the latter alone. The port is not: forwarded ports and
 * proxies change it, and it tells no attacker from a friend. Without the header (HTTP/1.0) the URL decides.
 */
export function hostCheck({ config, addresses }: KnownHosts): MiddlewareHandler<Env> {
  const known = new Set(
    [config.host, ...addresses, config.publicUrl?.hostname]
      .map((host) => host === undefined ? null : canonicalAddress(host) ?? canonicalHost(host))
      .filter((host) => host !== null),
  );
  const isKnown = (host: string | null) => host !== null && (isLoopback(host) || known.has(host));
  /** Pairs of header and origin that have passed: nearly every request brings the same. */
  const passed = new Set<string>();

  return async (c, next) => {
    const header = c.req.raw.headers.get("Host");
    const [origin] = ORIGIN.exec(c.req.url) ?? [];
    const pair = `${header} ${origin}`;
    if (!passed.has(pair)) {
      const url = URL.parse(c.req.url);
      if (header !== null && !isKnown(canonicalHost(header))) throw unknownHost();
      if (!url || !isKnown(canonicalHost(url.hostname))) throw unknownHost();
      if (origin !== undefined && passed.size < MAX_PASSED) passed.add(pair);
    }
    await next();
  };
}

function unknownHost(): Problem {
  return new Problem(
    "unknown-host",
    "This server does not know itself by that host name. Use an address it printed at start-up, or set PAWL_PUBLIC_URL to the address people use.",
  );
}
