/** The public keys of an OIDC issuer, fetched from its JWKS address and kept by `jose` (10 minutes). */
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";
import { Problem } from "../problem.ts";

export interface IssuerOptions {
  url: URL;
  /** The `iss` claim, exactly. */
  issuer: string;
  /** One of the `aud` claim's values, exactly. */
  audience: string;
  /** Milliseconds after a fetch during which an unknown `kid` makes no other; 30,000 unless set. */
  cooldownMs?: number;
  /** Milliseconds after which the issuer counts as unreachable; 5,000 unless set. */
  timeoutMs?: number;
}

/** After a failed fetch, callers are told so for this long without asking the issuer again. */
const FAILURE_PAUSE_MS = 5_000;

/**
 * Gives the key for a token's header. Throws `Problem` `issuer-unavailable` when the keys cannot be fetched,
 * and `jose` errors when there is no fitting key.
 */
export function issuerKeys(
  issuer: IssuerOptions,
  effects: { now: () => number; fetch: typeof fetch },
): JWTVerifyGetKey {
  let failedAt = -Infinity;

  const fetchKeys = async (url: string, init: RequestInit): Promise<Response> => {
    if (effects.now() - failedAt < FAILURE_PAUSE_MS) throw new Error("The last fetch failed a moment ago");
    try {
      const response = await effects.fetch(url, init);
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new Error(`The key set answered ${response.status}`);
      }
      return response;
    } catch (error) {
      failedAt = effects.now();
      throw error;
    }
  };

  const keys = createRemoteJWKSet(issuer.url, {
    timeoutDuration: issuer.timeoutMs ?? 5_000,
    cooldownDuration: issuer.cooldownMs ?? 30_000,
    [customFetch]: fetchKeys,
  });

  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (isTokensFault(error)) throw error;
      throw new Problem(
        "issuer-unavailable",
        "The keys of the sign-in service cannot be fetched right now, so the token cannot be checked. Try again in a moment.",
        { retryAfter: FAILURE_PAUSE_MS / 1000, cause: error },
      );
    }
  };
}

/** No key for this token: the issuer answered, the token does not fit. */
function isTokensFault(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported;
}
