import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { nonceOf } from "../../services/access/id_token.ts";
import { startApp, type TestApp } from "../support/app.ts";

const CLIENT_ID = "pawl-page";
const NONCE_SECRET = "a-secret-that-the-page-has-kept-to-itself";
const OWN_PAGE = { Origin: "http://localhost", "Sec-Fetch-Site": "same-origin" };

/** An issuer's discovery document and keys on loopback; tokens are signed here. */
async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = { ...await exportJWK(publicKey), kid: "k", alg: "ES256" };
  const state = { down: false };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request): Response => {
    if (state.down) return new Response("down", { status: 503 });
    if (new URL(request.url).pathname === "/keys") return Response.json({ keys: [jwk] });
    return Response.json({
      issuer: url,
      authorization_endpoint: `${url}/auth`,
      token_endpoint: "http://127.0.0.2:9/token",
      jwks_uri: `${url}/keys`,
      id_token_signing_alg_values_supported: ["ES256"],
    });
  });
  const url: string = `http://127.0.0.1:${server.addr.port}`;
  const idToken = (claims: JWTPayload = {}) =>
    new SignJWT({ iss: url, aud: CLIENT_ID, sub: "王小明", nonce: nonceOf(NONCE_SECRET), ...claims })
      .setProtectedHeader({ alg: "ES256", kid: "k" }).setIssuedAt().setExpirationTime("5m").sign(privateKey);
  return { url, state, idToken, [Symbol.asyncDispose]: () => server.shutdown() };
}

async function startAppWith(issuer: { url: string }, env: Record<string, string> = {}) {
  return await startApp({ env: { PAWL_JWT_ISSUER: issuer.url, PAWL_OIDC_CLIENT_ID: CLIENT_ID, ...env } });
}

async function post(app: TestApp, body: unknown, headers: Record<string, string> = OWN_PAGE) {
  const response = await app.request("/api/v1/sign-in/issuer", {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
    user: null,
  });
  return { status: response.status, cookies: response.headers.getSetCookie(), body: await response.json() };
}

Deno.test("The page learns how people sign in, and where an issuer wants them", async () => {
  await using issuer = await startIssuer();
  await using app = await startAppWith(issuer);
  const { body, headers } = await app.json("GET", "/api/v1/sign-in", { user: null });
  assert.deepEqual(body, { siteName: "Pawl", methods: ["issuer", "link"], issuer: issuer.url });
  assert.equal(headers.get("Cache-Control"), "no-store");
  const where = await app.json("GET", "/api/v1/sign-in/issuer", { user: null });
  assert.deepEqual(where.body, {
    issuer: issuer.url,
    clientId: CLIENT_ID,
    scopes: ["openid", "profile"],
    authorizationEndpoint: `${issuer.url}/auth`,
    tokenEndpoint: "http://127.0.0.2:9/token",
    endSessionEndpoint: null,
    namesItself: false,
    idTokenAlgorithms: ["ES256"],
  });
});

Deno.test("Without an issuer there is the link, with sign-in off there is nothing", async () => {
  for (const [auth, methods] of [["on", ["link"]], ["off", []]] as const) {
    await using app = await startApp({ env: { PAWL_AUTH: auth }, pawlJson: { siteName: "Archiv" } });
    const { body } = await app.json("GET", "/api/v1/sign-in", { user: null });
    assert.deepEqual(body, { siteName: "Archiv", methods, issuer: null });
    assert.equal((await app.json("GET", "/api/v1/sign-in/issuer", { user: null })).status, 404);
    const finished = await post(app, { idToken: "x", nonceSecret: NONCE_SECRET });
    assert.deepEqual([finished.status, finished.cookies], [404, []]);
  }
});

Deno.test("An ID token opens a session that is renewed like any other, and is nothing elsewhere", async () => {
  await using issuer = await startIssuer();
  await using app = await startAppWith(issuer, { PAWL_JWT_AUDIENCE: "pawl-api" });
  const idToken = await issuer.idToken({ name: "小明" });
  const opened = await post(app, { idToken, nonceSecret: NONCE_SECRET });
  assert.equal(opened.status, 200);
  assert.equal(opened.body.user.name, "小明");
  assert.match(opened.body.user.id, /^oidc:/);
  assert.equal(opened.body.user.role, "user");
  assert.equal(opened.body.signedInBy, "issuer");
  const [cookie] = opened.cookies[0]!.split("; ");

  const renewed = await app.request("/api/v1/session", {
    method: "POST",
    headers: { Cookie: cookie!, ...OWN_PAGE },
    user: null,
  });
  assert.equal(renewed.status, 200);
  assert.deepEqual((await renewed.json()).user, opened.body.user);

  for (const [method, path] of [["GET", "/api/v1/attachments"], ["POST", "/api/v1/session"]]) {
    const asBearer = await app.request(path!, { method, headers: { Authorization: `Bearer ${idToken}` } });
    assert.equal(asBearer.status, 401);
    assert.equal((await asBearer.json()).code, "token-invalid");
  }
});

Deno.test("Only an own page signs somebody in", async () => {
  await using issuer = await startIssuer();
  await using app = await startAppWith(issuer, { PAWL_CORS_ORIGINS: "https://app.example" });
  const body = { idToken: await issuer.idToken(), nonceSecret: NONCE_SECRET };
  const foreign: Record<string, string>[] = [
    { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" },
    { "Sec-Fetch-Site": "same-site", Origin: "http://other.localhost" },
    { "Sec-Fetch-Site": "cross-site", Origin: "https://app.example" },
    { Origin: "null" },
    {},
  ];
  for (const headers of foreign) {
    const answer = await post(app, body, headers);
    assert.deepEqual([answer.status, answer.body.code, answer.cookies], [403, "cross-site", []]);
  }
  // What a form of another site can send without asking first.
  const asText = await post(app, body, { ...OWN_PAGE, "Content-Type": "text/plain" });
  assert.deepEqual([asText.status, asText.cookies], [415, []]);
  assert.equal((await post(app, body)).status, 200);
});

Deno.test("A token that does not fit, or a body that is none, signs nobody in", async () => {
  await using issuer = await startIssuer();
  await using app = await startAppWith(issuer);
  const idToken = await issuer.idToken();
  const bad: [unknown, number][] = [
    [{ idToken, nonceSecret: NONCE_SECRET + "x" }, 401],
    [{ idToken: await issuer.idToken({ aud: "other" }), nonceSecret: NONCE_SECRET }, 401],
    [{ idToken: "x", nonceSecret: NONCE_SECRET }, 401],
    [{ idToken: await app.token({ sub: "root", role: "admin" }), nonceSecret: NONCE_SECRET }, 401],
    [{ idToken, nonceSecret: "short" }, 400],
    [{ idToken, nonceSecret: "é".repeat(40) }, 400],
    [{ idToken }, 400],
    [{ nonceSecret: NONCE_SECRET }, 400],
    [[], 400],
    [{ idToken: "x".repeat(65_537), nonceSecret: NONCE_SECRET }, 413],
  ];
  for (const [body, status] of bad) {
    const answer = await post(app, body);
    assert.deepEqual([answer.status, answer.cookies], [status, []], JSON.stringify(answer.body));
  }
});

Deno.test("An issuer that is down leaves the page, the link and who is signed in alone", async () => {
  await using issuer = await startIssuer();
  await using app = await startAppWith(issuer);
  issuer.state.down = true;
  const where = await app.json("GET", "/api/v1/sign-in/issuer", { user: null });
  assert.deepEqual([where.status, where.body.code], [503, "issuer-unavailable"]);
  assert.ok(Number(where.headers.get("Retry-After")) > 0);
  const finished = await post(app, { idToken: await issuer.idToken(), nonceSecret: NONCE_SECRET });
  assert.deepEqual([finished.status, finished.body.code], [503, "issuer-unavailable"]);
  assert.equal((await app.json("GET", "/api/v1/sign-in", { user: null })).status, 200);
  assert.equal((await app.json("GET", "/api/v1/attachments")).status, 200);
  const page = await app.request("/?code=a&state=b", { user: null });
  await page.body?.cancel();
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.headers.get("Content-Security-Policy")!, /http/);
});

Deno.test("The page may reach the token endpoint when somebody comes back from the issuer, and at no other time", async () => {
  await using issuer = await startIssuer();
  await using app = await startAppWith(issuer);
  const policyOf = async (path: string) => {
    const response = await app.request(path, { user: null });
    await response.body?.cancel();
    return response.headers.get("Content-Security-Policy")!;
  };
  const back = await policyOf("/?code=a&state=b&iss=x");
  assert.match(back, /^default-src [^;]+; .*\bconnect-src 'self' http:\/\/127\.0\.0\.2:9(;|$)/);
  assert.equal(back.match(/http/g)!.length, 1);
  for (
    const path of ["/", "/?code=a", "/?state=b", "/?error=access_denied&state=b", "/docs?code=a&state=b"]
  ) {
    assert.doesNotMatch(await policyOf(path), /127\.0\.0\.2/, path);
  }
});
