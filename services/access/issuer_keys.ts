/** The public keys of an OIDC issuer, fetched from the address of its key set and kept by `jose` (10 minutes). */
import { getLogger } from "@logtape/logtape";
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";
import { Problem } from "../problem.ts";
import { FAILURE_PAUSE_MS } from "./discovery.ts";

export interface IssuerKeysOptions {
  now: () => number;
  fetch: typeof fetch;
  /** Milliseconds after a fetch during which an unknown `kid` makes no other; 30,000 unless set. */
  cooldownMs?: number;
  /** Milliseconds after which the issuer counts as unreachable; 5,000 unless set. */
  timeoutMs?: number;
}

/**
 * Gives the key for a token's header. Throws `Problem` `issuer-unavailable` when the keys cannot be fetched or
 * `keySet` throws it, and `jose` errors when there is no fitting key. After a failed fetch, callers are told so for
 * `FAILURE_PAUSE_MS` without asking again.
 */
export function issuerKeys(
  keySet: () => Promise<URL>,
  { now, fetch, cooldownMs = 30_000, timeoutMs = 5_000 }: IssuerKeysOptions,
): JWTVerifyGetKey {
  let failedAt = -Infinity;
  let current: { address: string; keys: JWTVerifyGetKey } | null = null;

  const fetchKeys = async (url: string, init: RequestInit): Promise<Response> => {
    if (now() - failedAt < FAILURE_PAUSE_MS) throw new Error("The last fetch failed a moment ago");
    try {
      const response = await fetch(url, init);
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new Error(`The key set answered ${response.status}`);
      }
      return response;
    } catch (error) {
      failedAt = now();
      throw error;
    }
  };

  function keysAt(url: URL): JWTVerifyGetKey {
    if (current?.address !== url.href) {
      const keys = createRemoteJWKSet(url, {
        timeoutDuration: timeoutMs,
        cooldownDuration: cooldownMs,
        [customFetch]: fetchKeys,
      });
      current = { address: url.href, keys };
    }
    return current.keys;
  }

  return async (header, token) => {
    try {
      return await keysAt(await keySet())(header, token);
    } catch (error) {
      if (error instanceof Problem || isTokensFault(error)) throw error;
      throw unavailable(error);
    }
  };
}

/**
 * The key set that an issuer announces, which must lie on the issuer's own origin: the server is started with the
 * permission to reach that one and no other. Throws `Problem` `issuer-unavailable`, and tells the log what to set.
 */
export function announcedKeySet(address: string, issuer: string): URL {
  const url = new URL(address);
  if (url.origin === new URL(issuer).origin) return url;
  getLogger(["pawl", "access"]).error(
    "The issuer {issuer} keeps its keys on another origin, which must be allowed: set PAWL_JWKS_URL={address}",
    { issuer, address },
  );
  throw unavailable();
}

function unavailable(cause?: unknown): Problem {
  return new Problem(
    "issuer-unavailable",
    "The keys of the sign-in service cannot be fetched right now, so the token cannot be checked. Try again in a moment.",
    { retryAfter: FAILURE_PAUSE_MS / 1000, cause },
  );
}

/** No key for this token: the issuer answered, the token does not fit. */
function isTokensFault(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported;
}
