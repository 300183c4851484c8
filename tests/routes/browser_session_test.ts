import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { authenticate } from "../../routes/authenticate.ts";
import { BrowserSession, browserSession } from "../../routes/browser_session.ts";
import { openAccess } from "../../services/access/access.ts";
import { accessApp } from "../support/access_app.ts";

const NOW = Date.UTC(2026, 5, 1, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PATH = "/api/v1/session";
const SAME_ORIGIN = { "Sec-Fetch-Site": "same-origin" };

function setUp({ auth = "on", publicUrl }: { auth?: "on" | "off"; publicUrl?: string } = {}) {
  const clock = { now: NOW };
  const now = () => clock.now;
  const access = openAccess({ secret: "a secret of the local server", issuer: null, now });
  const config = { auth, corsOrigins: [], publicUrl: publicUrl ? new URL(publicUrl) : null };
  const app = accessApp(authenticate({ access, config }));
  app.route(PATH, browserSession({ access, config, now, noteSession: () => Promise.resolve() }));
  const ask = (method: string, headers: Record<string, string> = {}, origin = "http://localhost") =>
    app.request(origin + PATH, { method, headers });
  return { clock, access, ask };
}

/** The cookie of an answer: `name=value` and its attributes in lower case, sorted. */
function cookieOf(response: Response) {
  const [text, ...more] = response.headers.getSetCookie();
  assert.deepEqual(more, []);
  const [pair, ...attributes] = text!.split("; ");
  return { pair: pair!, attributes: attributes.map((attribute) => attribute.toLowerCase()).sort() };
}

const AS_ALICE = { user: "alice", role: "user", name: "Alice", hours: 1 } as const;

Deno.test("A bearer token becomes a cookie that tells who calls", async () => {
  const { access, ask } = setUp();
  const signedIn = await ask("POST", { Authorization: `Bearer ${await access.mintToken(AS_ALICE)}` });
  assert.equal(signedIn.status, 200);
  assert.equal(signedIn.headers.get("Cache-Control"), "no-store");
  const body = BrowserSession.parse(await signedIn.json());
  assert.deepEqual(body, {
    user: { id: "alice", name: "Alice", role: "user" },
    expiresAt: "2026-06-02T00:00:00.000Z",
    signedInBy: "token",
  });
  const { pair, attributes } = cookieOf(signedIn);
  assert.match(pair, /^pawl_session=[\w.-]+$/);
  assert.deepEqual(attributes, ["httponly", "max-age=43200", "path=/", "samesite=strict"]);

  const whoAmI = await ask("GET", { Cookie: pair });
  assert.equal(whoAmI.status, 200);
  assert.deepEqual(await whoAmI.json(), body);
  assert.deepEqual(whoAmI.headers.getSetCookie(), []);
});

Deno.test("Under https the cookie is bound to this host and to https", async () => {
  for (
    const [publicUrl, origin] of [["https://files.example", "http://files.example"], [
      undefined,
      "https://localhost",
    ]]
  ) {
    const { access, ask } = setUp({ publicUrl });
    const signedIn = await ask(
      "POST",
      { Authorization: `Bearer ${await access.mintToken(AS_ALICE)}` },
      origin,
    );
    const { pair, attributes } = cookieOf(signedIn);
    assert.match(pair, /^__Host-pawl_session=/);
    assert.deepEqual(attributes, ["httponly", "max-age=43200", "path=/", "samesite=strict", "secure"]);
    assert.equal((await ask("GET", { Cookie: pair }, origin)).status, 200);
    const cleared = cookieOf(await ask("DELETE", { Cookie: pair, ...SAME_ORIGIN }, origin));
    assert.equal(cleared.pair, "__Host-pawl_session=");
    assert(cleared.attributes.includes("secure"), "a browser ignores it otherwise");
  }
});

Deno.test("An open page renews its cookie, up to seven days after the sign-in", async () => {
  const { access, ask, clock } = setUp();
  let answer = await ask("POST", { Authorization: `Bearer ${await access.mintToken(AS_ALICE)}` });
  let cookie = cookieOf(answer).pair;
  while (clock.now + 11 * HOUR < NOW + 7 * DAY) {
    clock.now += 11 * HOUR;
    answer = await ask("POST", { Cookie: cookie, ...SAME_ORIGIN });
    assert.equal(answer.status, 200);
    cookie = cookieOf(answer).pair;
  }
  assert.equal((await answer.json()).expiresAt, new Date(NOW + 7 * DAY).toISOString());
  clock.now = NOW + 7 * DAY;
  assert.equal((await ask("POST", { Cookie: cookie, ...SAME_ORIGIN })).status, 401);
});

Deno.test("Signing in again starts the seven days anew, also where an older cookie is there", async () => {
  const { access, ask, clock } = setUp();
  const old = await access.mintCookie({
    caller: { id: "alice", role: "user", name: "Alice" },
    signedInAt: NOW - 7 * DAY + HOUR,
    signedInBy: "token",
  });
  const Authorization = `Bearer ${await access.mintToken(AS_ALICE)}`;
  clock.now = NOW + 1000;
  const answer = await ask("POST", { Cookie: `pawl_session=${old.cookie}`, Authorization });
  assert.equal((await answer.json()).expiresAt, new Date(NOW + 12 * HOUR + 1000).toISOString());
});

Deno.test("Another site's page can neither renew nor end a session", async () => {
  const { access, ask } = setUp();
  const { cookie } = await access.mintCookie({
    caller: { id: "a", role: "user", name: "" },
    signedInAt: NOW,
    signedInBy: "token",
  });
  for (const method of ["POST", "DELETE"]) {
    const answer = await ask(method, { Cookie: `pawl_session=${cookie}`, "Sec-Fetch-Site": "cross-site" });
    assert.equal(answer.status, 403);
    assert.deepEqual(answer.headers.getSetCookie(), []);
  }
});

Deno.test("Signing out takes the cookie away, also one that has ended", async () => {
  const { ask } = setUp();
  const stale: Record<string, string>[] = [{}, { Cookie: "pawl_session=nonsense" }];
  for (const headers of stale) {
    const answer = await ask("DELETE", { ...headers, ...SAME_ORIGIN });
    assert.equal(answer.status, 204);
    const { pair, attributes } = cookieOf(answer);
    assert.equal(pair, "pawl_session=");
    assert(attributes.includes("max-age=0"));
    assert(attributes.includes("path=/"));
  }
});

Deno.test("Nobody gets no session", async () => {
  const { ask } = setUp();
  for (const method of ["GET", "POST"]) {
    const answer = await ask(method);
    assert.equal(answer.status, 401);
    assert.equal((await answer.json()).code, "unauthenticated");
    assert.deepEqual(answer.headers.getSetCookie(), []);
  }
});

Deno.test("With PAWL_AUTH=off there is a user and nothing to keep", async () => {
  const { ask } = setUp({ auth: "off" });
  for (const method of ["GET", "POST"]) {
    const answer = await ask(method, { Authorization: "Bearer nonsense" });
    assert.deepEqual(await answer.json(), {
      user: { id: "local", name: "local", role: "admin" },
      expiresAt: null,
      signedInBy: null,
    });
    assert.deepEqual(answer.headers.getSetCookie(), []);
  }
});

Deno.test("A session that outlasts every calendar is still answered", async () => {
  const { ask } = setUp();
  const token = await new SignJWT({ sub: "alice", exp: 1e300 }).setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode("a secret of the local server"));
  const answer = await ask("GET", { Authorization: `Bearer ${token}` });
  assert.match((await answer.json()).expiresAt, /^\+275760/);
});
