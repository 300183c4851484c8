import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { exportSPKI, type JWTPayload, SignJWT } from "jose";
import { openAccess } from "../../../services/access/access.ts";
import {
  accessWith as access,
  AUDIENCE,
  EXP,
  ISSUER,
  NOW,
  refused,
  SECRET,
  serveKeys,
  sign,
  signingKey,
} from "./issuer_support.ts";

Deno.test("An issuer's tokens are accepted with every usual algorithm, its keys fetched once", async () => {
  const algorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
  const keys = await Promise.all(algorithms.map((alg) => signingKey(alg, `key-${alg}`)));
  await using issuer = serveKeys(keys);
  const { verifyBearer } = access(issuer.url);
  const tokens = await Promise.all(keys.map((key) => sign(key, { role: "admin", name: "Alice" })));
  for (const identity of await Promise.all(tokens.map(verifyBearer))) {
    assert.deepEqual(identity, {
      caller: { id: "alice", role: "admin", name: "Alice" },
      expiresAt: EXP * 1000,
      signedInAt: NOW,
      signedInBy: "token",
    });
  }
  assert.equal(issuer.state.requests, 1);
});

Deno.test("Local tokens count beside an issuer's and need no fetch", async () => {
  const { mintToken, verifyBearer } = access(new URL("http://127.0.0.1:1/"), {
    fetch: () => assert.fail("fetched"),
  });
  const token = await mintToken({ user: "local", role: "admin", hours: 1 });
  assert.equal((await verifyBearer(token)).caller.id, "local");
});

Deno.test("Issuer, audience, end and kind of an issuer's token are checked", async () => {
  const key = await signingKey("ES256", "k");
  await using issuer = serveKeys([key]);
  const { verifyBearer } = access(issuer.url);
  const wrong: [JWTPayload, string, RegExp][] = [
    [{ iss: "https://id.example/other" }, "token-invalid", /issuer/],
    [{ iss: "pawl" }, "token-invalid", /issuer/],
    [{ iss: undefined }, "token-invalid", /issuer/],
    [{ aud: "another-app" }, "token-invalid", /audience/],
    [{ aud: [] }, "token-invalid", /audience/],
    [{ aud: undefined }, "token-invalid", /audience/],
    [{ exp: NOW / 1000 }, "token-expired", /expired/],
    [{ exp: NOW / 1000 - 59 }, "token-expired", /expired/],
    [{ exp: undefined }, "token-invalid", /exp/],
    [{ nbf: NOW / 1000 + 61 }, "token-invalid", /not valid yet/],
    [{ sub: undefined }, "token-invalid", /sub/],
    [{ sub: "" }, "token-invalid", /sub/],
  ];
  for (const [claims, code, detail] of wrong) {
    await refused(verifyBearer(await sign(key, claims)), code, detail);
  }
  await refused(verifyBearer(await sign(key, {}, { typ: "logout+jwt" })), "token-invalid", /kind/);
  await refused(verifyBearer(await sign(key, {}, { typ: "pawl-session+jwt" })), "token-invalid", /kind/);
  await verifyBearer(
    await sign(key, { aud: ["another-app", AUDIENCE], nbf: NOW / 1000 + 60 }, { typ: "at+jwt" }),
  );
});

Deno.test("An issuer's token is no cookie", async () => {
  const key = await signingKey("ES256", "k");
  await using issuer = serveKeys([key]);
  const { verifyCookie } = access(issuer.url);
  await refused(verifyCookie(await sign(key)), "token-invalid");
  await refused(
    verifyCookie(await sign(key, { auth_time: 1 }, { typ: "pawl-session+jwt" })),
    "token-invalid",
  );
});

Deno.test("The issuer's public key is no HS256 secret, and its token without a signature is nothing", async () => {
  const key = await signingKey("RS256", "k");
  await using issuer = serveKeys([key]);
  const { verifyBearer } = access(issuer.url);
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: "alice", role: "admin", exp: EXP };
  for (const form of [await exportSPKI(key.publicKey), JSON.stringify(key.jwk), key.jwk.n!]) {
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "k" })
      .sign(new TextEncoder().encode(form));
    await refused(verifyBearer(forged), "token-invalid", /signature/);
  }
  const [, body, signature] = (await sign(key, claims)).split(".");
  for (const alg of ["none", "HS256", "RS384", "PS256", "ES256"]) {
    const header = Buffer.from(JSON.stringify({ alg, kid: "k" })).toString("base64url");
    await refused(verifyBearer(`${header}.${body}.${signature}`), "token-invalid");
    await refused(verifyBearer(`${header}.${body}.`), "token-invalid");
  }
});

Deno.test("A key that the token brings along is not used", async () => {
  const [trusted, stranger] = await Promise.all([signingKey("ES256", "k"), signingKey("ES256", "k")]);
  await using issuer = serveKeys([trusted]);
  const { verifyBearer } = access(issuer.url);
  const header = { jwk: stranger.jwk, jku: "http://127.0.0.1:1/" };
  await refused(verifyBearer(await sign(stranger, {}, header)), "token-invalid", /signature/);
});

Deno.test("A new key of the issuer is found, and a withdrawn one no longer counts", async () => {
  const [old, fresh] = await Promise.all([signingKey("RS256", "old"), signingKey("ES256", "new")]);
  await using issuer = serveKeys([old]);
  const { verifyBearer } = access(issuer.url, { cooldownMs: 0 });
  await verifyBearer(await sign(old));
  issuer.state.keys = [fresh];
  await verifyBearer(await sign(fresh));
  // Another token: one that was verified counts for up to a minute more.
  await refused(verifyBearer(await sign(old, { name: "later" })), "token-invalid", /no key that fits/);
});

Deno.test("Unknown key ids, however many, make no storm of fetches", async () => {
  const [key, stranger] = await Promise.all([signingKey("ES256", "k"), signingKey("ES256", "x")]);
  await using issuer = serveKeys([key]);
  const { verifyBearer } = access(issuer.url);
  for (let i = 0; i < 20; i++) {
    const tokens = await Promise.all([1, 2, 3].map((n) => sign(stranger, {}, { kid: `${i}-${n}` })));
    await Promise.all(
      tokens.map((token) => refused(verifyBearer(token), "token-invalid", /no key that fits/)),
    );
  }
  assert.equal(issuer.state.requests, 1);
  await verifyBearer(await sign(key));
});

Deno.test("An issuer that cannot be asked means try again later, not a wrong token, and is left alone a while", async () => {
  const key = await signingKey("ES256", "k");
  await using issuer = serveKeys([key]);
  const token = await sign(key);
  const answers = [
    () => new Response("down", { status: 500 }),
    () => new Response("not JSON"),
    () => Response.json({ nothing: "here" }),
    () => new Response(null, { status: 302, headers: { Location: issuer.url.href } }),
  ];
  for (const answer of answers) {
    const { verifyBearer, clock } = access(issuer.url);
    issuer.state.answer = answer;
    const problem = await refused(verifyBearer(token), "issuer-unavailable");
    assert.equal(problem.status, 503);
    assert(problem.retryAfter! > 0);
    issuer.state.answer = null;
    clock.now += problem.retryAfter! * 1000;
    await verifyBearer(token);
  }

  const failing = access(issuer.url);
  issuer.state.answer = answers[0]!;
  issuer.state.requests = 0;
  for (let i = 0; i < 10; i++) await refused(failing.verifyBearer(token), "issuer-unavailable");
  assert.equal(issuer.state.requests, 1);
});

Deno.test("An issuer where nothing listens, or that never answers, is given up", async () => {
  const key = await signingKey("ES256", "k");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/jwks`);
  const token = await sign(key);

  const taken = listener.accept();
  await refused(access(url, { timeoutMs: 50 }).verifyBearer(token), "issuer-unavailable");
  (await taken).close();
  listener.close();
  await refused(access(url).verifyBearer(token), "issuer-unavailable");
});

Deno.test("A subject that may not enter a key becomes the same safe id every time", async () => {
  const key = await signingKey("ES256", "k");
  await using issuer = serveKeys([key]);
  const { verifyBearer } = access(issuer.url);
  const idOf = async (sub: string) => (await verifyBearer(await sign(key, { sub }))).caller.id;
  const hashed = (sub: string) => "oidc:" + createHash("sha256").update(sub).digest("base64url");
  assert.equal(await idOf("auth0|5f7c8ec7c33c6c004bbafe82"), "auth0|5f7c8ec7c33c6c004bbafe82");
  for (const sub of ["王小明", "a/b", "x".repeat(129), hashed("a/b"), "oidc:alice"]) {
    assert.equal(await idOf(sub), hashed(sub));
    assert.match(await idOf(sub), /^[A-Za-z0-9._@:+|-]{1,128}$/);
  }
});

Deno.test("Without an issuer in the configuration no asymmetric token counts", async () => {
  const key = await signingKey("ES256", "k");
  const { verifyBearer } = openAccess({ secret: SECRET, issuer: null, now: () => NOW });
  await refused(verifyBearer(await sign(key)), "token-invalid", /no sign-in service/);
});

Deno.test("Without an audience in the configuration the issuer's access tokens do not count", async () => {
  const key = await signingKey("ES256", "k");
  await using issuer = serveKeys([key]);
  const { verifyBearer } = access(issuer.url, { audience: null });
  for (const aud of [AUDIENCE, "pawl-web", "null", ""]) {
    await refused(verifyBearer(await sign(key, { aud })), "token-invalid", /not accepted here/);
  }
  assert.equal(issuer.state.requests, 0);
});

Deno.test("An administrator is who the configured claim says, as one text or in a list, and nobody by another", async () => {
  const key = await signingKey("ES256", "k");
  await using issuer = serveKeys([key]);
  const roleBy = async (adminClaim: string, claims: JWTPayload, adminValues = ["files-admin", "root"]) => {
    const { verifyBearer } = access(issuer.url, { adminClaim, adminValues });
    return (await verifyBearer(await sign(key, claims))).caller.role;
  };
  const admins: [string, JWTPayload][] = [
    ["groups", { groups: "root" }],
    ["groups", { groups: ["staff", "files-admin"] }],
    ["realm_access.roles", { realm_access: { roles: ["files-admin"] } }],
    ["a.b.c", { a: { b: { c: "root" } } }],
    ["https://id.example/roles", { "https://id.example/roles": ["root"] }],
    // A claim of the whole name is the one that is meant.
    ["a.b", { "a.b": "root", a: { b: "staff" } }],
  ];
  for (const [claim, claims] of admins) assert.equal(await roleBy(claim, claims), "admin", claim);

  const users: [string, JWTPayload][] = [
    ["groups", { role: "admin" }],
    ["groups", { groups: "Root" }],
    ["groups", { groups: "root staff" }],
    ["groups", { groups: [["root"]] }],
    ["groups", { groups: { root: true } }],
    ["groups", { groups: true }],
    ["groups", { groups: [] }],
    ["groups.0", { groups: ["root"] }],
    ["a.b", { "a.b": "staff", a: { b: "root" } }],
    ["realm_access.roles", { realm_access: null }],
    ["realm_access.roles", { "realm_access": "root" }],
    ["constructor.name", {}],
    ["__proto__", {}],
  ];
  for (const [claim, claims] of users) {
    assert.equal(
      await roleBy(claim, claims, ["root", "Object"]),
      "user",
      `${claim} ${JSON.stringify(claims)}`,
    );
  }
  assert.equal(await roleBy("groups", { groups: ["root", ""] }, []), "user");
});

Deno.test("Somebody without a name is called as they are known at the issuer", async () => {
  const key = await signingKey("ES256", "k");
  await using issuer = serveKeys([key]);
  const { verifyBearer } = access(issuer.url);
  const nameBy = async (claims: JWTPayload) => (await verifyBearer(await sign(key, claims))).caller.name;
  assert.equal(await nameBy({ name: "Alice", preferred_username: "al" }), "Alice");
  assert.equal(await nameBy({ name: " ", preferred_username: "al" }), "al");
  assert.equal(await nameBy({ preferred_username: 5 }), "alice");
});
