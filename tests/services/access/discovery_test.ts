import assert from "node:assert/strict";
import { type Discovery, newDiscovery, readDiscovery } from "../../../services/access/discovery.ts";
import { issuerOf } from "../../../services/access/issuer.ts";
import { openAccess } from "../../../services/access/access.ts";
import { EXP, NOW, refused, SECRET, sign, signingKey } from "./issuer_support.ts";

const ISSUER = "https://id.example/realm";
const HOUR = 3_600_000;

const DOCUMENT = {
  issuer: ISSUER,
  authorization_endpoint: "https://id.example/realm/auth",
  token_endpoint: "https://id.example/realm/token",
  jwks_uri: "https://id.example/realm/keys",
  end_session_endpoint: "https://id.example/realm/logout",
  authorization_response_iss_parameter_supported: true,
  id_token_signing_alg_values_supported: ["RS256", "ES256"],
  code_challenge_methods_supported: ["plain", "S256"],
  scopes_supported: ["openid"],
};

const DISCOVERY: Discovery = {
  authorizationEndpoint: "https://id.example/realm/auth",
  tokenEndpoint: "https://id.example/realm/token",
  jwksUri: "https://id.example/realm/keys",
  endSessionEndpoint: "https://id.example/realm/logout",
  namesItself: true,
  idTokenAlgorithms: ["RS256", "ES256"],
};

/** A network on which the issuer gives one answer after the other, the last one for ever. */
function network(...answers: (() => Response | Promise<Response>)[]) {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (input) => {
    asked.push(String(input));
    return await (answers.length > 1 ? answers.shift()! : answers[0]!)();
  };
  return { asked, fetch };
}

const good = () => Response.json(DOCUMENT);
const down = () => Promise.reject(new TypeError("connection refused"));

Deno.test("A discovery document says what a sign-in needs; what is optional may be missing", () => {
  assert.deepEqual(readDiscovery(DOCUMENT, ISSUER), DISCOVERY);
  const { issuer, authorization_endpoint, token_endpoint, jwks_uri } = DOCUMENT;
  assert.deepEqual(readDiscovery({ issuer, authorization_endpoint, token_endpoint, jwks_uri }, ISSUER), {
    ...DISCOVERY,
    endSessionEndpoint: null,
    namesItself: false,
    idTokenAlgorithms: ["RS256"],
  });
});

Deno.test("A document that is not this issuer's, leads to plain http or to scripts, or has no PKCE is not used", () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ issuer: "https://id.example/other" }, /PAWL_JWT_ISSUER must be exactly that/],
    [{ issuer: `${ISSUER}/` }, /calls itself "https:\/\/id.example\/realm\/"/],
    [{ issuer: undefined }, /issuer/],
    [{ token_endpoint: "http://id.example/token" }, /token_endpoint is not an https address/],
    [{ authorization_endpoint: "javascript:alert(1)" }, /authorization_endpoint/],
    [{ authorization_endpoint: "data:text/html,x" }, /authorization_endpoint/],
    [{ authorization_endpoint: "/auth" }, /authorization_endpoint/],
    [{ jwks_uri: "https://a:b@id.example/" }, /jwks_uri/],
    [{ end_session_endpoint: "javascript:alert(1)" }, /end_session_endpoint/],
    [{ jwks_uri: undefined }, /jwks_uri/],
    [{ code_challenge_methods_supported: ["plain"] }, /PKCE/],
    [{ id_token_signing_alg_values_supported: "RS256" }, /id_token_signing_alg/],
  ];
  for (const [change, reason] of wrong) {
    assert.throws(() => readDiscovery({ ...DOCUMENT, ...change }, ISSUER), reason, JSON.stringify(change));
  }
  for (const document of [null, "x", [], 5]) assert.throws(() => readDiscovery(document, ISSUER));
});

Deno.test("An issuer is asked once an hour, at the address that follows from its name", async () => {
  const { asked, fetch } = network(good);
  const clock = { now: NOW };
  const discover = newDiscovery(ISSUER, { now: () => clock.now, fetch });
  assert.deepEqual(await Promise.all([discover(), discover(), discover()]), [
    DISCOVERY,
    DISCOVERY,
    DISCOVERY,
  ]);
  clock.now += HOUR - 1;
  await discover();
  assert.deepEqual(asked, [`${ISSUER}/.well-known/openid-configuration`]);
  clock.now += 1;
  await discover();
  assert.equal(asked.length, 2);

  const slash = network(() => Response.json({ ...DOCUMENT, issuer: "https://id.example/" }));
  await newDiscovery("https://id.example/", { now: () => NOW, fetch: slash.fetch })();
  assert.deepEqual(slash.asked, ["https://id.example/.well-known/openid-configuration"]);
});

Deno.test("What was learnt holds for a day while the issuer is away, and it is not asked at every turn", async () => {
  const { asked, fetch } = network(good, down);
  const clock = { now: NOW };
  const discover = newDiscovery(ISSUER, { now: () => clock.now, fetch });
  await discover();
  clock.now += HOUR;
  for (let i = 0; i < 5; i++) assert.deepEqual(await discover(), DISCOVERY);
  assert.equal(asked.length, 2);
  clock.now = NOW + 24 * HOUR;
  await refused(discover(), "issuer-unavailable");
});

Deno.test("An issuer that does not answer, or not as it must, means try again, and it is tried again", async () => {
  const answers = [
    down,
    () => new Response("down", { status: 500 }),
    () => new Response(null, { status: 302, headers: { Location: "https://evil.example/" } }),
    () => new Response("<html>"),
    () => Response.json({ ...DOCUMENT, issuer: "https://evil.example" }),
  ];
  for (const answer of answers) {
    const { asked, fetch } = network(answer, good);
    const clock = { now: NOW };
    const discover = newDiscovery(ISSUER, { now: () => clock.now, fetch });
    const problem = await refused(discover(), "issuer-unavailable");
    assert.equal(problem.status, 503);
    await refused(discover(), "issuer-unavailable");
    assert.equal(asked.length, 1);
    clock.now += problem.retryAfter! * 1000;
    assert.deepEqual(await discover(), DISCOVERY);
  }
});

Deno.test("An issuer that takes the request and says nothing is given up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const discover = newDiscovery(`http://127.0.0.1:${listener.addr.port}`, {
    now: () => NOW,
    fetch,
    timeoutMs: 50,
  });
  const taken = listener.accept();
  await refused(discover(), "issuer-unavailable");
  (await taken).close();
});

Deno.test("Without a key set in the settings the announced one counts, if it is the issuer's own", async () => {
  const key = await signingKey("ES256", "k");
  const token = await sign(key, { iss: ISSUER, exp: EXP });
  const oidc = { clientId: null, scopes: [], adminClaim: "role", adminValues: [] };
  const jwt = { secret: null, issuer: ISSUER, jwksUrl: null, audience: "pawl-api" };
  function accessWhere(jwks_uri: string) {
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = (input) => {
      asked.push(String(input));
      const isKeySet = String(input) === jwks_uri;
      return Promise.resolve(Response.json(isKeySet ? { keys: [key.jwk] } : { ...DOCUMENT, jwks_uri }));
    };
    const issuer = issuerOf({ jwt, oidc }, { now: () => NOW, fetch });
    return { asked, ...openAccess({ secret: SECRET, issuer, now: () => NOW }) };
  }
  const own = accessWhere("https://id.example/elsewhere/keys");
  assert.equal((await own.verifyBearer(token)).caller.id, "alice");
  assert.deepEqual(own.asked, [
    `${ISSUER}/.well-known/openid-configuration`,
    "https://id.example/elsewhere/keys",
  ]);

  const foreign = accessWhere("https://keys.example/");
  await refused(foreign.verifyBearer(token), "issuer-unavailable");
  assert.deepEqual(foreign.asked, [`${ISSUER}/.well-known/openid-configuration`]);
});

Deno.test("The issuer is asked at the start only when it will be, and whatever comes of it, nothing is thrown", async () => {
  const askedBy = async (
    jwksUrl: URL | null,
    clientId: string | null,
    answer: () => Response | Promise<Response>,
  ) => {
    const { asked, fetch } = network(answer);
    const oidc = { clientId, scopes: [], adminClaim: "role", adminValues: [] };
    const jwt = { secret: null, issuer: ISSUER, jwksUrl, audience: "pawl-api" };
    await issuerOf({ jwt, oidc }, { now: () => NOW, fetch })!.prepare();
    return asked.length;
  };
  const keys = new URL("https://keys.example/");
  assert.equal(await askedBy(keys, null, good), 0);
  assert.equal(await askedBy(keys, "pawl-page", good), 1);
  assert.equal(await askedBy(null, null, good), 1);
  assert.equal(await askedBy(null, null, down), 1);
  const elsewhere = () => Response.json({ ...DOCUMENT, jwks_uri: "https://keys.example/" });
  assert.equal(await askedBy(null, "pawl-page", elsewhere), 1);
});
