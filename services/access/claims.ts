/** From the claims of a verified token to a `Caller`. Pure. */
import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";
import type { Caller, Role } from "../model.ts";
import { tokenExpired, tokenInvalid } from "./refusals.ts";

/** What may be a `Caller.id` as it stands. */
const SUBJECT = /^[A-Za-z0-9._@:+|-]{1,128}$/;
/** Difference of clocks that `nbf` and `iat` are allowed; `exp` gets none. */
export const TOLERANCE_SECONDS = 60;
const ISSUER_PREFIX = "oidc:";
/** Largest time a `Date` can hold, milliseconds. */
const LAST_TIME = 8.64e15;
const NAME_LENGTH = 128;

export function isSubject(text: string): boolean {
  return SUBJECT.test(text);
}

/** The subject of a token of our own: as it stands, or refused. */
export function localSubject(sub: unknown): string {
  if (typeof sub === "string" && isSubject(sub)) return sub;
  throw tokenInvalid("its sub claim must be 1 to 128 letters, digits or characters of . _ @ : + | -");
}

/**
 * The subject of an issuer's token. One that may not enter a KV key, or that looks like the outcome of this
 * mapping, becomes `oidc:` and the SHA-256 of its UTF-8 bytes in base64url: the same person always gets the
 * same id, and nobody can choose a subject that hits another's.
 */
export function issuerSubject(sub: unknown): string {
  if (typeof sub !== "string" || sub === "") throw tokenInvalid("it has no sub claim");
  if (isSubject(sub) && !sub.startsWith(ISSUER_PREFIX)) return sub;
  return ISSUER_PREFIX + createHash("sha256").update(sub, "utf8").digest("base64url");
}

/** Of a token or cookie of our own: everything but the exact word is an ordinary user. */
export function localCaller(claims: JWTPayload): Caller {
  const id = localSubject(claims.sub);
  return { id, role: claims.role === "admin" ? "admin" : "user", name: nameOf(claims.name) || id };
}

/** Which claim of an issuer's tokens makes an administrator. */
export interface AdminRule {
  /** Name of a claim, or the way to it with dots. */
  adminClaim: string;
  /** Any of these values, whole and exact. */
  adminValues: readonly string[];
}

export function issuerCaller(claims: JWTPayload, rule: AdminRule): Caller {
  const id = issuerSubject(claims.sub);
  const name = nameOf(claims.name) || nameOf(claims.preferred_username) || id;
  return { id, role: roleOf(claims, rule), name };
}

/** The claim may be one text or a list of them; whatever else it is, it makes no administrator. */
function roleOf(claims: JWTPayload, { adminClaim, adminValues }: AdminRule): Role {
  const values = [claimAt(claims, adminClaim)].flat();
  return values.some((value) => typeof value === "string" && adminValues.includes(value)) ? "admin" : "user";
}

/** A claim of that whole name goes first: some issuers name theirs by an address, which has dots too. */
function claimAt(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split(".").reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null && !Array.isArray(at) && Object.hasOwn(at, step)
        ? (at as Record<string, unknown>)[step]
        : undefined,
    claims,
  );
}

/** A name is for people to read: one line, without control or format characters, of bounded length. */
export function nameOf(claim: unknown): string {
  if (typeof claim !== "string") return "";
  const line = claim.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return [...line].slice(0, NAME_LENGTH).join("");
}

/**
 * Checks `exp` (must be there) and `iat` against `now` in milliseconds; `nbf` is the verifier's. Returns the
 * end in milliseconds, never beyond what a `Date` can hold.
 */
export function expiryOf(claims: JWTPayload, now: number): number {
  const { exp, iat } = claims;
  if (typeof exp !== "number") throw tokenInvalid("it has no exp claim");
  if (exp * 1000 <= now) throw tokenExpired();
  if (iat !== undefined && iat > now / 1000 + TOLERANCE_SECONDS) {
    throw tokenInvalid("it was issued in the future");
  }
  return Math.min(Math.floor(exp * 1000), LAST_TIME);
}
