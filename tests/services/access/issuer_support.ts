/** An issuer on loopback for tests, what it signs, and access that trusts it. */
import assert from "node:assert/strict";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";
import { openAccess } from "../../../services/access/access.ts";
import { issuerOf, type IssuerOptions } from "../../../services/access/issuer.ts";
import { Problem } from "../../../services/problem.ts";

export const NOW = Date.UTC(2026, 5, 1, 12);
export const EXP = NOW / 1000 + 3600;
/** Only compared: its keys come from an address of their own. */
export const ISSUER = "https://id.example/realm";
export const AUDIENCE = "pawl-api";
export const CLIENT_ID = "pawl-web";
export const SECRET = "the local secret that no issuer knows";

export interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

export async function signingKey(alg: string, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...await exportJWK(publicKey), kid, alg, use: "sig" } };
}

/** A key set served on loopback, as an issuer would; counts how often it is asked. */
export function serveKeys(first: SigningKey[]) {
  const state = { keys: first, requests: 0, answer: null as (() => Response) | null };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    state.requests++;
    return state.answer?.() ?? Response.json({ keys: state.keys.map((key) => key.jwk) });
  });
  const url = new URL(`http://127.0.0.1:${server.addr.port}/jwks`);
  return { state, url, [Symbol.asyncDispose]: () => server.shutdown() };
}

export interface AccessChoices extends Partial<IssuerOptions> {
  audience?: string | null;
  clientId?: string | null;
  adminClaim?: string;
  adminValues?: string[];
}

/** Access with an issuer whose key set is at `jwksUrl`, and a clock that the test turns. */
export function accessWith(jwksUrl: URL, choices: AccessChoices = {}) {
  const {
    audience = AUDIENCE,
    clientId = CLIENT_ID,
    adminClaim = "role",
    adminValues = ["admin"],
    ...options
  } = choices;
  const clock = { now: NOW };
  const now = () => clock.now;
  const jwt = { secret: null, issuer: ISSUER, jwksUrl, audience };
  const oidc = { clientId, scopes: [], adminClaim, adminValues };
  const issuer = issuerOf({ jwt, oidc }, { now, fetch, ...options });
  return { ...openAccess({ secret: SECRET, issuer, now }), clock };
}

/** An access token unless `claims` make it something else. */
export function sign(key: SigningKey, claims: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}) {
  return new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: "alice", exp: EXP, ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);
}

export async function refused(promise: Promise<unknown>, code: string, detail = /./): Promise<Problem> {
  const error = await promise.then(() => assert.fail("was accepted"), (error) => error);
  assert(error instanceof Problem, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, detail);
  return error;
}
