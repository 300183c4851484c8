/**
 * Remembers for a minute which tokens were found right, so that a client that sends many requests has its token
 * verified once a minute and not each time.
 */
import { hash } from "node:crypto";
import type { Identity } from "./access.ts";

/** Milliseconds. As short as what a key that an issuer has withdrawn may go on for anyway. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 1000;

interface Verified {
  identity: Identity;
  /** Ms since 1970. */
  at: number;
}

/**
 * `verify`, which is asked again after a minute, at the token's end, and when the clock was put back. Refusals are
 * not remembered. Tokens are kept as their SHA-256.
 */
export function rememberVerified(
  verify: (token: string) => Promise<Identity>,
  { now }: { now: () => number },
): (token: string) => Promise<Identity> {
  const verified = new Map<string, Verified>();

  return async (token) => {
    const key = hash("sha256", token, "base64");
    const time = now();
    const known = verified.get(key);
    if (known) {
      const { identity, at } = known;
      const age = time - at;
      if (age >= 0 && age < REMEMBERED_MS && time < identity.expiresAt) {
        return { ...identity, caller: { ...identity.caller } };
      }
      verified.delete(key);
    }
    const identity = await verify(token);
    if (verified.size >= MAX_REMEMBERED) verified.delete(verified.keys().next().value!);
    verified.set(key, { identity: { ...identity, caller: { ...identity.caller } }, at: time });
    return identity;
  };
}
