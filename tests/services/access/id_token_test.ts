import assert from "node:assert/strict";
import { exportSPKI, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { nonceOf } from "../../../services/access/id_token.ts";
import {
  accessWith,
  AUDIENCE,
  CLIENT_ID,
  EXP,
  NOW,
  refused,
  SECRET,
  serveKeys,
  sign,
  type SigningKey,
  signingKey,
} from "./issuer_support.ts";

const NONCE_SECRET = "a-secret-that-the-page-has-kept-to-itself";
const IAT = NOW / 1000;

function idToken(key: SigningKey, claims: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}) {
  return sign(key, { aud: CLIENT_ID, iat: IAT, nonce: nonceOf(NONCE_SECRET), ...claims }, header);
}

async function setUp() {
  const key = await signingKey("ES256", "k");
  const issuer = serveKeys([key]);
  const access = accessWith(issuer.url);
  const verify = (token: string, nonceSecret = NONCE_SECRET) => access.verifyIdToken(token, { nonceSecret });
  return { key, issuer, access, verify, [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose]() };
}

Deno.test("An ID token for our client, our nonce and this moment signs its person in", async () => {
  await using trusted = await setUp();
  const { key, verify } = trusted;
  const identity = {
    caller: { id: "alice", role: "admin", name: "Alice" },
    expiresAt: EXP * 1000,
    signedInAt: NOW,
    signedInBy: "issuer",
  };
  const claims = { name: "Alice", role: "admin" };
  assert.deepEqual(await verify(await idToken(key, claims)), identity);
  assert.deepEqual(
    await verify(await idToken(key, { ...claims, aud: [CLIENT_ID] }, { typ: "JWT" })),
    identity,
  );
  const shared = { ...claims, aud: [CLIENT_ID, "other"], azp: CLIENT_ID };
  assert.deepEqual(await verify(await idToken(key, shared)), identity);
});

Deno.test("Every claim of an ID token that does not fit is refused with its reason", async () => {
  await using trusted = await setUp();
  const { key, verify } = trusted;
  const wrong: [JWTPayload, string, RegExp][] = [
    [{ iss: "https://id.example/other" }, "token-invalid", /issuer/],
    [{ aud: AUDIENCE }, "token-invalid", /audience/],
    [{ aud: [AUDIENCE] }, "token-invalid", /audience/],
    [{ aud: undefined }, "token-invalid", /audience/],
    [{ aud: [CLIENT_ID, "other"] }, "token-invalid", /another client/],
    [{ aud: [CLIENT_ID, "other"], azp: "other" }, "token-invalid", /another client/],
    [{ azp: "other" }, "token-invalid", /another client/],
    [{ exp: IAT }, "token-expired", /expired/],
    [{ exp: undefined }, "token-invalid", /exp/],
    [{ iat: undefined }, "token-invalid", /iat/],
    [{ iat: IAT + 61 }, "token-invalid", /future/],
    [{ iat: IAT - 661 }, "token-invalid", /too long ago/],
    [{ nonce: undefined }, "token-invalid", /another sign-in/],
    [{ nonce: "" }, "token-invalid", /another sign-in/],
    [{ nonce: NONCE_SECRET }, "token-invalid", /another sign-in/],
    [{ nonce: nonceOf("of another tab") }, "token-invalid", /another sign-in/],
    [{ sub: undefined }, "token-invalid", /sub/],
  ];
  for (const [claims, code, detail] of wrong) {
    await refused(verify(await idToken(key, claims)), code, detail);
  }
  await verify(await idToken(key, { iat: IAT - 660 }));
  // What a log or a thief has seen is the token and with it the nonce, never the secret.
  await refused(verify(await idToken(key), nonceOf(NONCE_SECRET)), "token-invalid", /another sign-in/);
});

Deno.test("Neither kind of token passes for the other", async () => {
  await using trusted = await setUp();
  const { key, access, verify } = trusted;
  await refused(access.verifyBearer(await idToken(key)), "token-invalid", /audience/);
  await refused(access.verifyCookie(await idToken(key)), "token-invalid");
  const accessToken = { aud: AUDIENCE, azp: CLIENT_ID };
  await refused(verify(await idToken(key, accessToken)), "token-invalid", /audience/);
  for (const typ of ["at+jwt", "application/at+jwt", "logout+jwt", "pawl-session+jwt"]) {
    await refused(verify(await idToken(key, {}, { typ })), "token-invalid", /kind/);
  }
});

Deno.test("Nobody but the issuer signs an ID token: not without signature, not by HMAC, not with the local secret", async () => {
  await using trusted = await setUp();
  const { key, verify, access } = trusted;
  const claims = {
    iss: "pawl",
    aud: CLIENT_ID,
    sub: "alice",
    exp: EXP,
    iat: IAT,
    nonce: nonceOf(NONCE_SECRET),
  };
  for (const secret of [SECRET, await exportSPKI(key.publicKey), JSON.stringify(key.jwk), key.jwk.x!]) {
    const forged = new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "k" });
    await refused(verify(await forged.sign(new TextEncoder().encode(secret))), "token-invalid", /algorithm/);
  }
  await refused(
    verify(await access.mintToken({ user: "a", role: "admin", hours: 1 })),
    "token-invalid",
    /algorithm/,
  );
  const [, body, signature] = (await idToken(key)).split(".");
  for (const alg of ["none", "None", "HS256", "RS256", "ES384"]) {
    const header = Buffer.from(JSON.stringify({ alg, kid: "k" })).toString("base64url");
    await refused(verify(`${header}.${body}.${signature}`), "token-invalid");
    await refused(verify(`${header}.${body}.`), "token-invalid");
  }
  const stranger = await signingKey("ES256", "k");
  await refused(verify(await idToken(stranger)), "token-invalid", /signature/);
  for (const text of ["", "x", "a.b.c", "é.é.é"]) await refused(verify(text), "token-invalid");
});

Deno.test("Without a client in the configuration no ID token counts", async () => {
  const key = await signingKey("ES256", "k");
  await using issuer = serveKeys([key]);
  const { verifyIdToken } = accessWith(issuer.url, { clientId: null });
  const token = await idToken(key, { aud: [CLIENT_ID, AUDIENCE, "null"], azp: undefined });
  await refused(verifyIdToken(token, { nonceSecret: NONCE_SECRET }), "token-invalid", /no sign-in service/);
  assert.equal(issuer.state.requests, 0);
});
