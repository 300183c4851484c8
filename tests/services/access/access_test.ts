import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from "jose";
import { openAccess } from "../../../services/access/access.ts";
import { Problem } from "../../../services/problem.ts";

const SECRET = "a secret of the local server, long enough";
const NOW = Date.UTC(2026, 5, 1, 12);
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** Access with a clock that the test turns. */
function access({ secret = SECRET }: { secret?: string } = {}) {
  const clock = { now: NOW };
  const opened = openAccess({ secret, issuer: null, now: () => clock.now });
  return { ...opened, clock };
}

/** A token that some other program signs with the shared secret; `typ` is left out unless given. */
function foreign(claims: JWTPayload, { secret = SECRET, typ }: { secret?: string; typ?: string } = {}) {
  return new SignJWT({ sub: "alice", exp: NOW / SECOND + 3600, ...claims })
    .setProtectedHeader({ alg: "HS256", ...(typ && { typ }) }).sign(new TextEncoder().encode(secret));
}

/** A token of arbitrary parts with a right HS256 signature. */
function handMade(header: unknown, claims: unknown): string {
  const part = (value: unknown) =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

async function refused(promise: Promise<unknown>, code: string, detail = /./): Promise<Problem> {
  const error = await promise.then(() => assert.fail("was accepted"), (error) => error);
  assert(error instanceof Problem, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, detail);
  return error;
}

Deno.test("A minted token tells who calls, until its last hour is over", async () => {
  const { mintToken, verifyBearer, clock } = access();
  const token = await mintToken({ user: "alice", role: "admin", name: "Alice 王", hours: 8 });
  assert.deepEqual(await verifyBearer(token), {
    caller: { id: "alice", role: "admin", name: "Alice 王" },
    expiresAt: NOW + 8 * HOUR,
    signedInAt: NOW,
    signedInBy: "token",
  });
  clock.now = NOW + 8 * HOUR - 1;
  await verifyBearer(token);
  clock.now = NOW + 8 * HOUR;
  await refused(verifyBearer(token), "token-expired");
});

Deno.test("Every refusal of a token carries the challenge of RFC 6750", async () => {
  const { verifyBearer } = access();
  const expired = await refused(verifyBearer(await foreign({ exp: NOW / SECOND })), "token-expired");
  const invalid = await refused(verifyBearer("nonsense"), "token-invalid");
  for (const problem of [expired, invalid]) {
    assert.equal(problem.status, 401);
    assert.match(
      problem.headers["WWW-Authenticate"]!,
      /^Bearer realm="pawl", error="invalid_token", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]+"$/,
    );
  }
});

Deno.test("Another program that has the secret needs only sub and exp", async () => {
  const { verifyBearer } = access();
  const { caller, expiresAt } = await verifyBearer(await foreign({}));
  assert.deepEqual(caller, { id: "alice", role: "user", name: "alice" });
  assert.equal(expiresAt, NOW + HOUR);
  for (const typ of ["JWT", "jwt", "at+jwt", "application/at+jwt"]) {
    await verifyBearer(await foreign({}, { typ }));
  }
  await verifyBearer(await foreign({ iss: "pawl", aud: ["other", "pawl"] }));
});

Deno.test("A token of the secret that names another issuer, audience or kind is refused", async () => {
  const { verifyBearer } = access();
  await refused(verifyBearer(await foreign({ iss: "https://elsewhere.example" })), "token-invalid", /issuer/);
  await refused(verifyBearer(await foreign({ aud: "elsewhere" })), "token-invalid", /audience/);
  await refused(verifyBearer(await foreign({ aud: [] })), "token-invalid", /audience/);
  for (const typ of ["logout+jwt", "secevent+jwt", "dpop+jwt", "pawl-session+jwt"]) {
    await refused(verifyBearer(await foreign({}, { typ })), "token-invalid", /kind/);
  }
});

Deno.test("A token signed with another secret is refused", async () => {
  const other = access({ secret: "another secret that is long enough too" });
  const token = await other.mintToken({ user: "alice", role: "admin", hours: 1 });
  await refused(access().verifyBearer(token), "token-invalid", /signature/);
});

Deno.test("A changed claim or signature is refused", async () => {
  const { mintToken, verifyBearer } = access();
  const [header, claims, signature] = (await mintToken({ user: "bob", role: "user", hours: 1 })).split(".");
  const admin = Buffer.from(JSON.stringify({ ...decodeJwt(`${header}.${claims}.x`), role: "admin" }));
  await refused(verifyBearer(`${header}.${admin.toString("base64url")}.${signature}`), "token-invalid");
  await refused(verifyBearer(`${header}.${claims}.${signature!.slice(1)}A`), "token-invalid");
  await refused(verifyBearer(`${header}.${claims}.`), "token-invalid");
});

Deno.test("No algorithm but HS256 passes with the local secret", async () => {
  const { verifyBearer } = access();
  const claims = { sub: "alice", exp: NOW / SECOND + 60 };
  for (
    const alg of ["none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "EdDSA", "", 256, null, [
      "HS256",
    ]]
  ) {
    await refused(verifyBearer(handMade({ alg }, claims)), "token-invalid");
    await refused(verifyBearer(handMade({ alg }, claims).replace(/[^.]*$/, "")), "token-invalid");
  }
  await refused(verifyBearer(handMade({}, claims)), "token-invalid");
  await refused(verifyBearer(handMade({ alg: "HS256", crit: ["exp"] }, claims)), "token-invalid");
  await refused(verifyBearer(handMade({ alg: "HS256", b64: false, crit: ["b64"] }, claims)), "token-invalid");
  assert.equal((await verifyBearer(handMade({ alg: "HS256" }, claims))).caller.id, "alice");
});

Deno.test("A token without an end, or with claims of the wrong type, is refused", async () => {
  const { verifyBearer } = access();
  const wrong: unknown[] = [
    { sub: "alice" },
    { sub: "alice", exp: null },
    { sub: "alice", exp: String(NOW) },
    { sub: "alice", exp: NOW, nbf: "0" },
    { sub: "alice", exp: NOW, iat: "0" },
    { exp: NOW },
    { sub: 7, exp: NOW },
    { sub: ["alice"], exp: NOW },
    ["alice"],
    "not JSON",
    "null",
  ];
  for (const claims of wrong) {
    await refused(verifyBearer(handMade({ alg: "HS256" }, claims)), "token-invalid");
  }
});

Deno.test("A subject that may not enter a key is refused from the local secret", async () => {
  const { verifyBearer, mintToken } = access();
  for (const sub of ["", " ", "a/b", "a b", "王", "a\0", "x".repeat(129)]) {
    await refused(verifyBearer(await foreign({ sub })), "token-invalid", /sub/);
    await refused(mintToken({ user: sub, role: "user", hours: 1 }), "invalid-request", /user/);
  }
  for (const sub of ["a", "x".repeat(128), "auth0|7@example.com:a_b-c+d.e"]) {
    assert.equal((await verifyBearer(await foreign({ sub }))).caller.id, sub);
  }
});

Deno.test("Clocks may differ by a minute for the start of a token, by nothing for its end", async () => {
  const { verifyBearer } = access();
  const seconds = NOW / SECOND;
  await verifyBearer(await foreign({ nbf: seconds + 60, iat: seconds + 60 }));
  await refused(verifyBearer(await foreign({ nbf: seconds + 61 })), "token-invalid", /not valid yet/);
  await refused(verifyBearer(await foreign({ iat: seconds + 61 })), "token-invalid", /future/);
  await verifyBearer(await foreign({ exp: seconds + 1 }));
  for (const exp of [seconds, seconds - 1, seconds - 61, 0, -1]) {
    await refused(verifyBearer(await foreign({ exp })), "token-expired");
  }
});

Deno.test("The end of a token is always a time that can be written down", async () => {
  const { verifyBearer } = access();
  for (const exp of ["1e300", "1e999", "8.64e12", "9007199254740993"]) {
    const token = handMade({ alg: "HS256" }, `{"sub":"alice","exp":${exp}}`);
    assert.match(new Date((await verifyBearer(token)).expiresAt).toISOString(), /^\+275760/);
  }
});

Deno.test("Only the exact word makes an administrator, and a name is one clean line", async () => {
  const { verifyBearer } = access();
  for (const role of ["Admin", "admin ", ["admin"], true, 1, null, { admin: true }, "root"]) {
    assert.equal((await verifyBearer(await foreign({ role }))).caller.role, "user");
  }
  const names: [unknown, string][] = [
    ["  Alice\r\nSet-Cookie: a\u202e ", "Alice Set-Cookie: a"],
    ["", "alice"],
    ["\0", "alice"],
    [{ first: "Alice" }, "alice"],
    ["x".repeat(1000), "x".repeat(128)],
    ["😀".repeat(200), "😀".repeat(128)],
    ["a\ud800", "a\ufffd"],
  ];
  for (const [name, expected] of names) {
    const token = handMade({ alg: "HS256" }, JSON.stringify({ sub: "alice", exp: NOW, name }));
    assert.equal((await verifyBearer(token)).caller.name, expected);
  }
});

Deno.test("Hours that are no time are not minted", async () => {
  const { mintToken, verifyBearer } = access();
  for (const hours of [0, -1, NaN, Infinity, 1e9]) {
    await refused(mintToken({ user: "alice", role: "user", hours }), "invalid-request", /hours/);
  }
  const token = await mintToken({ user: "alice", role: "user", hours: 0.25 });
  assert.equal((await verifyBearer(token)).expiresAt, NOW + HOUR / 4);
});

Deno.test("Showing a token is signing in each time, showing a cookie is not", async () => {
  const { mintToken, mintCookie, verifyBearer, verifyCookie, clock } = access();
  const token = await mintToken({ user: "alice", role: "user", hours: 1 });
  const { cookie } = await mintCookie(await verifyBearer(token));
  for (const later of [0, SECOND, 59 * SECOND, 61 * SECOND]) {
    clock.now = NOW + later;
    assert.equal((await verifyBearer(token)).signedInAt, NOW + later);
    assert.equal((await verifyCookie(cookie)).signedInAt, NOW);
  }
});

Deno.test("A cookie lasts 12 hours and keeps the time of the sign-in when it is renewed", async () => {
  const { mintCookie, verifyCookie, clock } = access();
  const caller = { id: "alice", role: "user", name: "Alice" } as const;
  const first = await mintCookie({ caller, signedInAt: NOW, signedInBy: "issuer" });
  assert.equal(first.expiresAt, NOW + 12 * HOUR);
  clock.now = NOW + 10 * HOUR;
  const identity = await verifyCookie(first.cookie);
  assert.deepEqual(identity, { caller, signedInAt: NOW, signedInBy: "issuer", expiresAt: NOW + 12 * HOUR });
  const second = await mintCookie(identity);
  assert.equal(second.expiresAt, NOW + 22 * HOUR);
  clock.now = NOW + 12 * HOUR;
  await refused(verifyCookie(first.cookie), "token-expired");
  assert.equal((await verifyCookie(second.cookie)).signedInAt, NOW);
});

Deno.test("Renewing ends seven days after the sign-in", async () => {
  const { mintCookie, verifyCookie, clock } = access();
  let cookie = await mintCookie({
    caller: { id: "alice", role: "user", name: "Alice" },
    signedInAt: NOW,
    signedInBy: "token",
  });
  let renewals = 0;
  while (clock.now + 11 * HOUR < NOW + 7 * DAY) {
    clock.now += 11 * HOUR;
    cookie = await mintCookie(await verifyCookie(cookie.cookie));
    assert(cookie.expiresAt <= NOW + 7 * DAY);
    renewals++;
  }
  assert(renewals > 10);
  assert.equal(cookie.expiresAt, NOW + 7 * DAY);
  clock.now = NOW + 7 * DAY;
  await refused(verifyCookie(cookie.cookie), "token-expired");
});

Deno.test("A bearer token is no cookie and a cookie is no bearer token", async () => {
  const { mintToken, mintCookie, verifyBearer, verifyCookie } = access();
  const token = await mintToken({ user: "alice", role: "admin", hours: 1 });
  const { cookie } = await mintCookie(await verifyBearer(token));
  await verifyCookie(cookie);
  await refused(verifyCookie(token), "token-invalid");
  await refused(verifyBearer(cookie), "token-invalid");
  assert.notEqual(decodeProtectedHeader(cookie).typ, decodeProtectedHeader(token).typ);
  await refused(verifyCookie(await foreign({ auth_time: NOW / SECOND })), "token-invalid", /browser session/);
});

Deno.test("A cookie counts with HS256 alone", async () => {
  const claims = { iss: "pawl", sub: "alice", exp: NOW / SECOND + 60, auth_time: NOW / SECOND };
  const cookie = (alg: string) =>
    new SignJWT(claims).setProtectedHeader({ alg, typ: "pawl-session+jwt" })
      .sign(new TextEncoder().encode(SECRET.repeat(2)));
  const { verifyCookie } = access({ secret: SECRET.repeat(2) });
  await verifyCookie(await cookie("HS256"));
  for (const alg of ["HS384", "HS512"]) await refused(verifyCookie(await cookie(alg)), "token-invalid");
});

Deno.test("Whatever arrives as a token is refused as a token, never as a defect", async () => {
  const { verifyBearer, verifyCookie } = access();
  const part = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json().map((text) => Buffer.from(text).toString("base64url")),
    fc.dictionary(fc.constantFrom("alg", "typ", "crit", "kid", "b64", "zip"), fc.jsonValue())
      .map((header) => Buffer.from(JSON.stringify({ alg: "HS256", ...header })).toString("base64url")),
  );
  const tokens = fc.array(part, { maxLength: 5 }).map((parts) => parts.join("."));
  await fc.assert(
    fc.asyncProperty(tokens, async (token) => {
      for (const verify of [verifyBearer, verifyCookie]) await refused(verify(token), "token-invalid");
    }),
    { numRuns: 500 },
  );
  const headers = fc.dictionary(fc.string(), fc.jsonValue());
  const claims = fc.dictionary(
    fc.constantFrom("sub", "exp", "nbf", "iat", "iss", "aud", "auth_time"),
    fc.jsonValue(),
  );
  await fc.assert(
    fc.asyncProperty(headers, claims, async (header, claims) => {
      for (const [typ, verify] of [["JWT", verifyBearer], ["pawl-session+jwt", verifyCookie]] as const) {
        const token = handMade({ ...header, alg: "HS256", typ }, claims);
        const error = await verify(token).then(() => null, (error) => error);
        assert(error === null || error instanceof Problem && error.status === 401, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
