/**
 * Who calls: checks and makes bearer tokens and browser cookies. Both are JWTs; the algorithm decides which key
 * may verify (HS256: only the local secret; asymmetric: only the issuer's keys), and the `typ` header decides
 * the kind, so that neither passes for the other (RFC 8725 sections 3.1 and 3.11).
 */
import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyResult,
  SignJWT,
} from "jose";
import type { Caller, Role } from "../model.ts";
import { Problem } from "../problem.ts";
import { expiryOf, isSubject, issuerCaller, localCaller, nameOf, TOLERANCE_SECONDS } from "./claims.ts";
import { checkIdToken } from "./id_token.ts";
import type { Issuer } from "./issuer.ts";
import { tokenExpired, tokenInvalid } from "./refusals.ts";
import { rememberVerified } from "./verified_tokens.ts";

const OURS = "pawl";
const BEARER_TYPES = new Set([undefined, "jwt", "at+jwt", "application/at+jwt"]);
const ID_TOKEN_TYPES = new Set([undefined, "jwt"]);
const COOKIE_TYPE = "pawl-session+jwt";
const ISSUER_ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
const HOUR = 3_600_000;
/** A cookie's life, milliseconds. */
const COOKIE_LIFE = 12 * HOUR;
const MAX_HOURS = 24 * 366 * 10;

/** A verified caller. Times are ms since 1970. */
export interface Identity {
  caller: Caller;
  /** When the token or cookie ends, exclusive. */
  expiresAt: number;
  /** When the person signed in; for a bearer token now, because showing it is the signing in. */
  signedInAt: number;
  /** By what: a bearer token, or a sign-in on the page at the issuer. */
  signedInBy: "token" | "issuer";
}

export interface TokenRequest {
  /** Subject: see `Caller.id`. */
  user: string;
  role: Role;
  /** Defaults to the subject. */
  name?: string;
  /** Life in hours, more than 0, fractions allowed. */
  hours: number;
}

export interface Access {
  /**
   * An access token: of our own, or of the issuer for its `audience`. Throws `Problem` `token-invalid`,
   * `token-expired`, or `issuer-unavailable` when the issuer's keys cannot be had.
   */
  verifyBearer(token: string): Promise<Identity>;
  /**
   * An ID token of the issuer for its `clientId`, which a page has got for the nonce of `nonceSecret` moments ago. It
   * is no bearer token: it opens a browser session and nothing else. Throws like `verifyBearer`.
   */
  verifyIdToken(idToken: string, options: { nonceSecret: string }): Promise<Identity>;
  /** Throws `Problem` `invalid-request` when the user or the hours are not possible. */
  mintToken(request: TokenRequest): Promise<string>;
  /** Makes or renews: 12 h, but never beyond `maxSessionHours` after `signedInAt`. */
  mintCookie(
    identity: Pick<Identity, "caller" | "signedInAt" | "signedInBy">,
  ): Promise<{ cookie: string; expiresAt: number }>;
  /** Throws `Problem` `token-invalid` or `token-expired`. */
  verifyCookie(cookie: string): Promise<Identity>;
}

export interface AccessOptions {
  /** Key of HS256: its UTF-8 bytes. */
  secret: string;
  /** An OIDC issuer whose people may come in too; null: only who has a token of our own. */
  issuer: Issuer | null;
  /** Hours after signing in for which a browser session can be renewed; 168 unless set. */
  maxSessionHours?: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

export function openAccess({ secret, issuer, maxSessionHours = 168, now }: AccessOptions): Access {
  const key = new TextEncoder().encode(secret);

  const verified = async (verify: () => Promise<JWTVerifyResult>): Promise<JWTPayload> => {
    try {
      return (await verify()).payload;
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw refusalOf(error);
    }
  };
  // The tolerance is for `nbf`; jose grants it to `exp` too, which `expiryOf` then checks without.
  const times = () => ({ currentDate: new Date(now()), clockTolerance: TOLERANCE_SECONDS });

  async function verifyLocal(token: string): Promise<JWTPayload> {
    const claims = await verified(() => jwtVerify(token, key, { ...times(), algorithms: ["HS256"] }));
    return requireOurs(claims);
  }

  /** Claims of a token that `issuer` signed for `audience`. */
  async function verifyOfIssuer(
    token: string,
    { issuer, audience }: { issuer: Issuer; audience: string },
  ): Promise<JWTPayload> {
    const options = { ...times(), algorithms: ISSUER_ALGORITHMS, issuer: issuer.id, audience };
    return await verified(() => jwtVerify(token, issuer.keys, options));
  }

  async function verifyBearer(token: string): Promise<Identity> {
    const header = headerOf(token);
    if (!BEARER_TYPES.has(header.typ)) throw tokenInvalid("it is of another kind than an access token");
    if (header.alg === "HS256") {
      const claims = await verifyLocal(token);
      return { ...identity(localCaller(claims), claims), signedInBy: "token" };
    }
    if (!ISSUER_ALGORITHMS.includes(header.alg)) throw tokenInvalid("its algorithm is not accepted here");
    if (!issuer) throw tokenInvalid("no sign-in service is set up here that could have signed it");
    if (issuer.audience === null) throw tokenInvalid("tokens of the sign-in service are not accepted here");
    const claims = await verifyOfIssuer(token, { issuer, audience: issuer.audience });
    return { ...identity(issuerCaller(claims, issuer), claims), signedInBy: "token" };
  }

  async function verifyIdToken(idToken: string, { nonceSecret }: { nonceSecret: string }): Promise<Identity> {
    const header = headerOf(idToken);
    if (!ID_TOKEN_TYPES.has(header.typ)) throw tokenInvalid("it is of another kind than an ID token");
    if (!ISSUER_ALGORITHMS.includes(header.alg)) throw tokenInvalid("its algorithm is not accepted here");
    const clientId = issuer?.clientId;
    if (!issuer || !clientId) {
      throw tokenInvalid("no sign-in service is set up here that could have signed it");
    }
    const claims = await verifyOfIssuer(idToken, { issuer, audience: clientId });
    checkIdToken(claims, { clientId, nonceSecret, now: now() });
    return { ...identity(issuerCaller(claims, issuer), claims), signedInBy: "issuer" };
  }

  function identity(caller: Caller, claims: JWTPayload): Omit<Identity, "signedInBy"> {
    const time = now();
    return { caller, expiresAt: expiryOf(claims, time), signedInAt: time };
  }

  async function mintToken({ user, role, name, hours }: TokenRequest): Promise<string> {
    if (!isSubject(user)) {
      throw new Problem(
        "invalid-request",
        "The user must be 1 to 128 letters, digits or characters of . _ @ : + | -",
      );
    }
    if (!(hours > 0 && hours <= MAX_HOURS)) {
      throw new Problem("invalid-request", `The hours must be more than 0 and at most ${MAX_HOURS}.`);
    }
    const time = now();
    return await sign({ role, name: nameOf(name) || user, sub: user }, {
      typ: "JWT",
      issuedAt: time,
      expiresAt: time + hours * HOUR,
    });
  }

  async function mintCookie(
    { caller, signedInAt, signedInBy }: Pick<Identity, "caller" | "signedInAt" | "signedInBy">,
  ) {
    const time = now();
    const expiresAt = Math.min(time + COOKIE_LIFE, signedInAt + maxSessionHours * HOUR);
    const claims = {
      role: caller.role,
      name: caller.name,
      sub: caller.id,
      auth_time: Math.floor(signedInAt / 1000),
      signed_in_by: signedInBy,
    };
    const cookie = await sign(claims, { typ: COOKIE_TYPE, issuedAt: time, expiresAt });
    return { cookie, expiresAt: Math.floor(expiresAt / 1000) * 1000 };
  }

  async function verifyCookie(cookie: string): Promise<Identity> {
    if (headerOf(cookie).typ !== COOKIE_TYPE) throw tokenInvalid("it is not a browser session");
    const claims = await verifyLocal(cookie);
    if (typeof claims.auth_time !== "number") throw tokenInvalid("it has no auth_time claim");
    const signedInBy = claims.signed_in_by === "issuer" ? "issuer" : "token";
    return { ...identity(localCaller(claims), claims), signedInAt: claims.auth_time * 1000, signedInBy };
  }

  function sign(
    claims: JWTPayload,
    kind: { typ: string; issuedAt: number; expiresAt: number },
  ): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: kind.typ }).setIssuer(OURS)
      .setIssuedAt(Math.floor(kind.issuedAt / 1000)).setExpirationTime(Math.floor(kind.expiresAt / 1000))
      .sign(key);
  }

  const knownBearer = rememberVerified(verifyBearer, { now });
  return {
    // Showing the token is the signing in, also when it is remembered.
    verifyBearer: async (token) => ({ ...await knownBearer(token), signedInAt: now() }),
    verifyIdToken,
    mintToken,
    mintCookie,
    verifyCookie: rememberVerified(verifyCookie, { now }),
  };
}

function headerOf(token: string): { alg: string; typ: string | undefined } {
  let header;
  try {
    header = decodeProtectedHeader(token);
  } catch (error) {
    throw tokenInvalid("it is not a JSON Web Token", error);
  }
  const { alg, typ } = header;
  if (typeof alg !== "string") throw tokenInvalid("it names no algorithm");
  if (typ !== undefined && typeof typ !== "string") throw tokenInvalid("its header is malformed");
  return { alg, typ: typ?.toLowerCase() };
}

/** Tokens of the local secret may leave `iss` and `aud` out; where they name one, it must be us (RFC 7519 section 4.1.3). */
function requireOurs(claims: JWTPayload): JWTPayload {
  if (claims.iss !== undefined && claims.iss !== OURS) throw tokenInvalid("it comes from another issuer");
  if (claims.aud !== undefined && ![claims.aud].flat().includes(OURS)) {
    throw tokenInvalid("it is meant for another audience");
  }
  return claims;
}

function refusalOf(error: unknown): Problem {
  return error instanceof errors.JWTExpired ? tokenExpired() : tokenInvalid(reasonOf(error), error);
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "iss") return "it comes from another issuer";
    if (error.claim === "aud") return "it is meant for another audience";
    if (error.claim === "nbf" && error.reason === "check_failed") return "it is not valid yet";
    return "one of its claims is malformed";
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature does not verify";
  if (error instanceof errors.JWKSNoMatchingKey) return "the sign-in service has no key that fits it";
  if (error instanceof errors.JWKSMultipleMatchingKeys) return "it does not say which key signed it";
  return "it is malformed";
}
