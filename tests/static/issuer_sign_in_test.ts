import assert from "node:assert/strict";
import { isIssuerAnswer } from "../../static/sign_in/answer.ts";
import { SignInFailed } from "../../static/sign_in/failure.ts";
import { beginSignIn, finishSignIn } from "../../static/sign_in/issuer.ts";
import { signOutAtIssuer } from "../../static/sign_in/sign_out.ts";
import type { Surroundings } from "../../static/sign_in/surroundings.ts";
import { startApp, type TestApp } from "../support/app.ts";
import {
  CLIENT_ID,
  type OidcProvider,
  type OidcProviderOptions,
  signInAtProvider,
  startOidcProvider,
} from "../support/oidc_provider.ts";

const ORIGIN = "http://127.0.0.1:4711";

/** A tab of a browser without a page: what it was told to do, and its cookies and storage. */
function openTab(app: TestApp, address = `${ORIGIN}/`) {
  const storage = new Map<string, string>();
  let cookie = "";
  const own = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("Sec-Fetch-Site", "same-origin");
    if (init.method === "POST") headers.set("Origin", ORIGIN);
    if (cookie !== "") headers.set("Cookie", cookie);
    const response = await app.request(path, { ...init, headers, user: null });
    for (const line of response.headers.getSetCookie()) cookie = line.split(";")[0]!;
    return response;
  };
  /** As a browser does: what the answer does not allow to this origin is not shown to the page. */
  const foreign = async (input: RequestInfo | URL, init?: RequestInit) => {
    const headers = new Headers(init?.headers);
    headers.set("Origin", ORIGIN);
    const response = await fetch(input, { ...init, headers });
    if (response.headers.get("Access-Control-Allow-Origin") === ORIGIN) return response;
    await response.body?.cancel();
    throw new TypeError("Failed to fetch");
  };
  const here: Surroundings = {
    address,
    go: (to) => tab.went = to,
    showAddress: (shown) => tab.shown = new URL(shown, ORIGIN).href,
    storage: {
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => void storage.set(key, value),
      removeItem: (key) => void storage.delete(key),
    },
    fetch: async (input, init) => await (String(input).startsWith("/") ? own : foreign)(String(input), init),
  };
  const tab = {
    here,
    storage,
    own,
    went: null as string | null,
    shown: null as string | null,
    get cookie() {
      return cookie;
    },
  };
  return tab;
}

type Tab = ReturnType<typeof openTab>;

const PEOPLE = { alice: { name: "Alice", role: "admin" }, 王小明: { name: "小明" } };

async function setUp({ env = {}, ...options }: OidcProviderOptions & { env?: Record<string, string> } = {}) {
  await using opened = new AsyncDisposableStack();
  const provider = opened.use(await startOidcProvider({ people: PEOPLE, ...options }));
  const settings = { PAWL_JWT_ISSUER: provider.issuer, PAWL_OIDC_CLIENT_ID: CLIENT_ID, ...env };
  const app = opened.use(await startApp({ env: { ...settings, PAWL_PUBLIC_URL: ORIGIN } }));
  const owned = opened.move();
  return { provider, app, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Up to the provider's answer, with which the tab is then open. */
async function comeBack(tab: Tab, provider: OidcProvider, how: { login?: string; refuse?: boolean } = {}) {
  await beginSignIn(tab.here);
  const answer = await signInAtProvider(provider, { address: tab.went!, login: "alice", ...how });
  tab.here.address = answer;
  return new URL(answer);
}

async function fails(promise: Promise<unknown>, code: string, detail = /^/): Promise<void> {
  const error = await promise.then(() => assert.fail("was accepted"), (error) => error);
  assert(error instanceof SignInFailed, String(error));
  assert.equal(error.code, code, `${error} ${error.cause}`);
  assert.match(error.detail, detail);
}

Deno.test("Somebody signs in at a real provider and is back where they were, with a session and nothing else", async () => {
  await using world = await setUp();
  const { provider, app } = world;
  const tab = openTab(app, `${ORIGIN}/?view=list#attachment=5`);
  const answer = await comeBack(tab, provider);
  assert.equal(answer.origin + answer.pathname, `${ORIGIN}/`);
  assert(isIssuerAnswer(answer.href));
  const asked = new URL(tab.went!);
  assert.equal(asked.origin + asked.pathname, `${provider.issuer}/auth`);
  const { code_challenge_method, response_type, scope } = Object.fromEntries(asked.searchParams);
  assert.deepEqual([code_challenge_method, response_type, scope], ["S256", "code", "openid profile"]);
  const secrets = JSON.parse([...tab.storage.values()][0]!);
  for (const secret of [secrets.codeVerifier, secrets.nonceSecret]) {
    assert(secret.length >= 43 && !tab.went!.includes(secret), "it does not leave the tab");
  }

  const session = await finishSignIn(tab.here);
  assert.deepEqual(session.user, { id: "alice", name: "Alice", role: "admin" });
  assert.equal(session.signedInBy, "issuer");
  assert.equal(tab.shown, `${ORIGIN}/?view=list#attachment=5`);
  assert.equal(tab.storage.size, 0);
  const who = await (await tab.own("/api/v1/session")).json();
  assert.deepEqual(who, session);
  const renewed = await tab.own("/api/v1/session", { method: "POST" });
  assert.deepEqual((await renewed.json()).user, session.user);
});

Deno.test("Who has no claim to more is a user, under an id and a name that fit", async () => {
  await using world = await setUp();
  const tab = openTab(world.app);
  await comeBack(tab, world.provider, { login: "王小明" });
  const { user } = await finishSignIn(tab.here);
  assert.match(user.id, /^oidc:[\w-]{43}$/);
  assert.deepEqual({ ...user, id: "" }, { id: "", name: "小明", role: "user" });
});

Deno.test("An answer counts once, in the tab that asked, for the sign-in that it asked for", async () => {
  await using world = await setUp();
  const { provider, app } = world;
  const tab = openTab(app);
  const answer = await comeBack(tab, provider);

  const other = openTab(app, answer.href);
  await fails(finishSignIn(other.here), "not-started-here");
  assert.deepEqual([other.cookie, other.shown], ["", `${ORIGIN}/`]);

  // A link that somebody else made, opened in a tab that has begun a sign-in of its own.
  const victim = openTab(app);
  await beginSignIn(victim.here);
  victim.here.address = answer.href;
  await fails(finishSignIn(victim.here), "not-started-here");
  assert.equal(victim.storage.size, 0);

  await finishSignIn(tab.here);
  await fails(finishSignIn(tab.here), "not-started-here");

  // The code itself, in a tab that was told the same state.
  const again = openTab(app, answer.href);
  await comeBack(again, provider);
  const { state, iss } = Object.fromEntries(new URL(again.here.address).searchParams);
  const code = answer.searchParams.get("code")!;
  again.here.address = `${ORIGIN}/?${new URLSearchParams({ code, state: state!, iss: iss! })}`;
  await fails(finishSignIn(again.here), "failed", /^invalid_grant$/);
  assert.equal(again.cookie, "");
});

Deno.test("A stolen code is worth nothing without the verifier that stayed in the tab", async () => {
  await using world = await setUp();
  const tab = openTab(world.app);
  await comeBack(tab, world.provider);
  const [key, text] = [...tab.storage][0]!;
  tab.storage.set(key, JSON.stringify({ ...JSON.parse(text), codeVerifier: "x".repeat(43) }));
  await fails(finishSignIn(tab.here), "failed", /^invalid_grant$/);
});

Deno.test("An answer in another issuer's name, or in nobody's, is not followed to any token endpoint", async () => {
  await using world = await setUp();
  for (const iss of ["https://evil.example", null, ""]) {
    const tab = openTab(world.app);
    const answer = await comeBack(tab, world.provider);
    if (iss === null) answer.searchParams.delete("iss");
    else answer.searchParams.set("iss", iss);
    tab.here.address = answer.href;
    await fails(finishSignIn(tab.here), "failed");
    assert.equal(tab.cookie, "");
  }
  assert(!world.provider.requests.includes("POST /token"));
});

Deno.test("An answer with tokens in it, or in another form, is no answer", async () => {
  await using world = await setUp();
  for (const name of ["id_token", "token", "response"]) {
    const tab = openTab(world.app);
    const answer = await comeBack(tab, world.provider);
    answer.searchParams.set(name, "a.b.c");
    tab.here.address = answer.href;
    await fails(finishSignIn(tab.here), "failed");
  }
  const twice = openTab(world.app);
  const answer = await comeBack(twice, world.provider);
  answer.searchParams.append("code", "another");
  twice.here.address = answer.href;
  await fails(finishSignIn(twice.here), "failed");
  for (const address of ["/", "/?code=a", "/?state=a", "/?error=a", "/#code=a&state=b"]) {
    assert.equal(isIssuerAnswer(ORIGIN + address), false, address);
  }
});

Deno.test("Who says no at the provider is told so, in no words of the address", async () => {
  await using world = await setUp();
  const tab = openTab(world.app, `${ORIGIN}/#attachment=5`);
  const answer = await comeBack(tab, world.provider, { refuse: true });
  assert.equal(answer.searchParams.get("error"), "access_denied");
  answer.searchParams.set("error_description", "Call 555 to unlock your account");
  tab.here.address = answer.href;
  await fails(finishSignIn(tab.here), "denied", /^access_denied$/);
  assert.equal(tab.shown, `${ORIGIN}/#attachment=5`);
});

/** Replaces the token endpoint's answer by what `change` makes of the ID token's claims or of the whole. */
async function withTokenAnswer(world: Awaited<ReturnType<typeof setUp>>, answer: (nonce: string) => unknown) {
  const tab = openTab(world.app);
  await comeBack(tab, world.provider);
  const nonce = new URL(tab.went!).searchParams.get("nonce")!;
  world.provider.intercept = (request, response) => {
    if (request.url !== "/token") return false;
    response.writeHead(200, { "Content-Type": "application/json", "Access-Control-Allow-Origin": ORIGIN });
    response.end(JSON.stringify(answer(nonce)));
    return true;
  };
  try {
    return { tab, result: await finishSignIn(tab.here).then(() => "signed in", (error) => error) };
  } finally {
    world.provider.intercept = null;
  }
}

Deno.test("What is no ID token of this provider for this sign-in signs nobody in, whatever the token endpoint says", async () => {
  await using world = await setUp();
  const { issuer } = world.provider;
  const seconds = Math.floor(Date.now() / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const jwt = (header: object, claims: object) => `${encode(header)}.${encode(claims)}.c2lnbmF0dXJl`;
  const claims = { iss: issuer, aud: CLIENT_ID, sub: "alice", exp: seconds + 300, iat: seconds };
  const tokens: ((nonce: string) => string | undefined)[] = [
    () => undefined,
    () => "nonsense",
    (nonce) => jwt({ alg: "none" }, { ...claims, nonce }),
    (nonce) => jwt({ alg: "HS256" }, { ...claims, nonce }),
    (nonce) => jwt({ alg: "RS256" }, { ...claims, nonce }), // Its signature is wrong: this server's to find.
    (nonce) => jwt({ alg: "RS256" }, { ...claims, nonce, iss: "https://evil.example" }),
    (nonce) => jwt({ alg: "RS256" }, { ...claims, nonce, aud: "another-app" }),
    (nonce) => jwt({ alg: "RS256" }, { ...claims, nonce, exp: seconds - 300 }),
    () => jwt({ alg: "RS256" }, { ...claims, nonce: "of another sign-in" }),
    () => jwt({ alg: "RS256" }, claims),
  ];
  for (const [index, id_token] of tokens.entries()) {
    const { tab, result } = await withTokenAnswer(world, (nonce) => ({
      access_token: "opaque",
      token_type: "bearer",
      id_token: id_token(nonce),
    }));
    assert(result instanceof SignInFailed, `${index}: ${result}`);
    assert.equal(result.code, "failed", `${index}: ${result.cause}`);
    assert.equal(tab.cookie, "", String(index));
  }
});

Deno.test("A provider, or this server, that does not answer means try again", async () => {
  await using world = await setUp();
  const { provider, app } = world;
  const tab = openTab(app);
  provider.intercept = (_request, response) => {
    response.writeHead(503).end();
    return true;
  };
  await fails(beginSignIn(tab.here), "unreachable", /sign-in service cannot be reached/);
  assert.deepEqual([tab.went, tab.storage.size], [null, 0]);
  provider.intercept = null;

  const offline = openTab(app);
  offline.here.fetch = () => Promise.reject(new TypeError("Failed to fetch"));
  await fails(beginSignIn(offline.here), "unreachable");
});

Deno.test("A provider whose token endpoint is closed to the page's origin is told of, not hung on", async () => {
  await using world = await setUp({ origins: [] });
  const tab = openTab(world.app);
  await comeBack(tab, world.provider);
  await fails(finishSignIn(tab.here), "unreachable");
});

Deno.test("Signing out leads to the provider's own sign-out and back, where it has one", async () => {
  await using world = await setUp();
  const { provider, app } = world;
  const tab = openTab(app);
  await comeBack(tab, provider);
  await finishSignIn(tab.here);
  assert.equal((await tab.own("/api/v1/session", { method: "DELETE" })).status, 204);
  assert.equal(await signOutAtIssuer({ ...tab.here, address: tab.shown! }), true);
  const { origin, pathname, searchParams } = new URL(tab.went!);
  assert.equal(origin + pathname, `${provider.issuer}/session/end`);
  assert.deepEqual(Object.fromEntries(searchParams), {
    client_id: CLIENT_ID,
    post_logout_redirect_uri: `${ORIGIN}/`,
  });
});

Deno.test("Without an issuer there is nothing to begin and nothing to sign out of", async () => {
  await using app = await startApp();
  const tab = openTab(app);
  await fails(beginSignIn(tab.here), "failed", /No sign-in service/);
  assert.equal(await signOutAtIssuer(tab.here), false);
  assert.equal(tab.went, null);
});
