/**
 * What an ID token must say before it signs somebody in here, beyond issuer, audience, signature and end (OpenID
 * Connect Core 1.0 section 3.1.3.7). Pure.
 */
import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";
import { TOLERANCE_SECONDS } from "./claims.ts";
import { tokenInvalid } from "./refusals.ts";

/** It tells of a sign-in just now. An older one, found in some log, signs nobody in. */
const MAX_AGE_SECONDS = 600;

export interface IdTokenExpectations {
  clientId: string;
  /** What the page kept to itself when it sent its SHA-256 in base64url to the issuer as `nonce` (section 15.5.2). */
  nonceSecret: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** Throws `Problem` `token-invalid`. */
export function checkIdToken(claims: JWTPayload, { clientId, nonceSecret, now }: IdTokenExpectations): void {
  const { aud, azp, iat, nonce } = claims;
  const shared = Array.isArray(aud) && aud.length > 1;
  if (azp === undefined ? shared : azp !== clientId) throw tokenInvalid("it was made for another client");
  if (typeof iat !== "number") throw tokenInvalid("it has no iat claim");
  if (iat < now / 1000 - MAX_AGE_SECONDS - TOLERANCE_SECONDS) {
    throw tokenInvalid("it tells of a sign-in too long ago");
  }
  if (nonce !== nonceOf(nonceSecret)) throw tokenInvalid("it answers another sign-in than this one");
}

/** The `nonce` that belongs to a secret. */
export function nonceOf(nonceSecret: string): string {
  return createHash("sha256").update(nonceSecret, "utf8").digest("base64url");
}
