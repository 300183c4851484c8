import assert from "node:assert/strict";
import { authenticate, requireCaller } from "../../routes/authenticate.ts";
import { openAccess } from "../../services/access/access.ts";
import { Problem } from "../../services/problem.ts";
import { accessApp, whoAmIApp } from "../support/access_app.ts";

const NOW = Date.UTC(2026, 5, 1, 12);
const OWN = "http://localhost";
const FOREIGN = "https://evil.example";
const access = openAccess({
  secret: "a secret of the local server, long enough",
  issuer: null,
  now: () => NOW,
});
const TOKEN = await access.mintToken({ user: "alice", role: "user", hours: 1 });
const { cookie: COOKIE } = await access.mintCookie({
  caller: { id: "bob", role: "user", name: "Bob" },
  signedInAt: NOW,
  signedInBy: "token",
});
const BOB = { Cookie: `pawl_session=${COOKIE}` };

interface Setup {
  auth?: "on" | "off";
  publicUrl?: string;
  corsOrigins?: string[];
}

function appWith({ auth = "on", publicUrl, corsOrigins = [] }: Setup = {}) {
  const config = { auth, corsOrigins, publicUrl: publicUrl ? new URL(publicUrl) : null };
  return whoAmIApp(authenticate({ access, config }));
}

/** Who the app sees: the id, null for nobody, or status and code of the refusal. */
async function seen(
  headers: Record<string, string>,
  { method = "GET", url = `${OWN}/x`, ...setup }: Setup & { method?: string; url?: string } = {},
): Promise<string | null> {
  const response = await appWith(setup).request(url, { method, headers });
  if (method === "HEAD") return String(response.status);
  const body = await response.json();
  return response.ok ? body.caller?.id ?? null : `${response.status} ${body.code}`;
}

Deno.test("A bearer token tells who calls, with any case of the scheme", async () => {
  for (const scheme of ["Bearer", "bearer", "BEARER", "Bearer  "]) {
    assert.equal(await seen({ Authorization: `${scheme} ${TOKEN}` }), "alice");
  }
});

Deno.test("A request without credentials is nobody's", async () => {
  assert.equal(await seen({}), null);
  assert.equal(await seen({}, { method: "POST" }), null);
});

Deno.test("An Authorization header that is not one good bearer token is refused, never overlooked", async () => {
  const wrong = [
    "",
    "Bearer",
    "Bearer ",
    TOKEN,
    `Basic ${btoa("alice:secret")}`,
    `Token ${TOKEN}`,
    `Bearer${TOKEN}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${TOKEN}, Bearer ${TOKEN}`,
    `Bearer "${TOKEN}"`,
    `Bearer ${TOKEN}x`,
    `Bearer ${COOKIE}`,
    "Bearer undefined",
  ];
  for (const Authorization of wrong) {
    assert.equal(await seen({ Authorization }), "401 token-invalid", Authorization);
    assert.equal(await seen({ Authorization, ...BOB }), "401 token-invalid", Authorization);
  }
});

Deno.test("A refused token names the scheme that is expected", async () => {
  const response = await appWith().request("/x", { headers: { Authorization: "Basic YTpi" } });
  assert.match(response.headers.get("WWW-Authenticate")!, /^Bearer realm="pawl", error="invalid_token"/);
});

Deno.test("A bearer token goes before a cookie and needs no check of the site", async () => {
  const headers = {
    ...BOB,
    Authorization: `Bearer ${TOKEN}`,
    Origin: FOREIGN,
    "Sec-Fetch-Site": "cross-site",
  };
  assert.equal(await seen(headers, { method: "POST" }), "alice");
});

Deno.test("The cookie counts for reading unless another site asks", async () => {
  const asks: [Record<string, string>, string | null][] = [
    [{}, "bob"],
    [{ "Sec-Fetch-Site": "same-origin" }, "bob"],
    [{ "Sec-Fetch-Site": "none" }, "bob"],
    [{ Origin: OWN }, "bob"],
    [{ "Sec-Fetch-Site": "same-site" }, null],
    [{ "Sec-Fetch-Site": "cross-site" }, null],
    [{ "Sec-Fetch-Site": "cross-site", Origin: OWN }, null],
    [{ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" }, null],
    [{ "Sec-Fetch-Site": "same-origin, cross-site" }, null],
    [{ Origin: FOREIGN }, null],
    [{ Origin: "null" }, null],
    [{ Origin: "http://localhost:3000" }, null],
  ];
  for (const [headers, expected] of asks) {
    assert.equal(await seen({ ...BOB, ...headers }), expected, JSON.stringify(headers));
  }
});

Deno.test("The cookie changes something only for a page of our own", async () => {
  const asks: [Record<string, string>, string][] = [
    [{ "Sec-Fetch-Site": "same-origin", Origin: OWN }, "bob"],
    [{ "Sec-Fetch-Site": "same-origin" }, "bob"],
    [{ Origin: OWN }, "bob"],
    [{ "Sec-Fetch-Site": "none", Origin: OWN }, "bob"],
    [{}, "403 cross-site"],
    [{ "Sec-Fetch-Site": "none" }, "403 cross-site"],
    [{ "Sec-Fetch-Site": "same-site", Origin: OWN }, "403 cross-site"],
    [{ "Sec-Fetch-Site": "cross-site", Origin: FOREIGN }, "403 cross-site"],
    [{ Origin: FOREIGN }, "403 cross-site"],
    [{ Origin: "null" }, "403 cross-site"],
    [{ Origin: `${OWN}.evil.example` }, "403 cross-site"],
    [{ Origin: "https://localhost" }, "403 cross-site"],
  ];
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    for (const [headers, expected] of asks) {
      assert.equal(
        await seen({ ...BOB, ...headers }, { method }),
        expected,
        `${method} ${JSON.stringify(headers)}`,
      );
    }
  }
});

Deno.test("A page that CORS allows uses tokens; the cookie stays ours", async () => {
  const corsOrigins = [FOREIGN];
  const headers = { ...BOB, Origin: FOREIGN, "Sec-Fetch-Site": "cross-site" };
  assert.equal(await seen(headers, { corsOrigins }), null);
  assert.equal(await seen(headers, { corsOrigins, method: "POST" }), "403 cross-site");
});

Deno.test("Behind a proxy the public address is our own origin, and the cookie has the name for https", async () => {
  const setup = { publicUrl: "https://files.example", url: "http://files.example/x", method: "POST" };
  const headers = { Cookie: `__Host-pawl_session=${COOKIE}`, Origin: "https://files.example" };
  assert.equal(await seen(headers, setup), "bob");
  assert.equal(await seen({ ...headers, Origin: FOREIGN }, setup), "403 cross-site");
  assert.equal(
    await seen({ ...BOB, Origin: "https://files.example" }, setup),
    null,
    "the plain name can be planted",
  );
});

Deno.test("A cookie that has ended or is broken is nobody's", async () => {
  const old = openAccess({
    secret: "a secret of the local server, long enough",
    issuer: null,
    now: () => NOW - 13 * 3_600_000,
  });
  const ended = await old.mintCookie({
    caller: { id: "bob", role: "user", name: "Bob" },
    signedInAt: NOW,
    signedInBy: "token",
  });
  for (const value of [ended.cookie, TOKEN, `${COOKIE}x`, "", "%", "a b"]) {
    assert.equal(await seen({ Cookie: `pawl_session=${value}` }), null, value);
  }
});

Deno.test("A failure to check a cookie is no sign-out", async () => {
  const failing = {
    verifyBearer: () => Promise.reject(new Error("unused")),
    verifyCookie: () => Promise.reject(new Problem("issuer-unavailable", "down")),
  };
  const config = { auth: "on" as const, corsOrigins: [], publicUrl: null };
  const app = whoAmIApp(authenticate({ access: failing, config }));
  assert.equal((await app.request("/x", { headers: BOB })).status, 503);
});

Deno.test("With PAWL_AUTH=off everybody is the local administrator, whatever they send", async () => {
  const asks: Record<string, string>[] = [
    {},
    BOB,
    { Authorization: "Bearer nonsense" },
    { "Sec-Fetch-Site": "same-origin" },
  ];
  for (const headers of asks) {
    for (const method of ["GET", "POST"]) {
      const response = await appWith({ auth: "off" }).request("/x", { method, headers });
      const { from: _from, ...caller } = (await response.json()).caller;
      assert.deepEqual(caller, { id: "local", role: "admin", name: "local" });
    }
  }
});

Deno.test("With PAWL_AUTH=off pages of other sites are refused, for reading too", async () => {
  const setup = { auth: "off" as const, corsOrigins: ["https://app.example"] };
  const asks: [string, Record<string, string>, string][] = [
    [
      "GET",
      { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image" },
      "403 cross-site",
    ],
    ["GET", { "Sec-Fetch-Site": "same-site" }, "403 cross-site"],
    ["GET", { Origin: FOREIGN }, "403 cross-site"],
    ["POST", { Origin: "null" }, "403 cross-site"],
    ["POST", { Origin: "http://localhost:3000", "Sec-Fetch-Site": "same-site" }, "403 cross-site"],
    [
      "GET",
      { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" },
      "local",
    ],
    [
      "GET",
      { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe" },
      "403 cross-site",
    ],
    [
      "POST",
      { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" },
      "403 cross-site",
    ],
    ["POST", { Origin: OWN, "Sec-Fetch-Site": "same-origin" }, "local"],
    ["POST", { Origin: OWN }, "local"],
    ["POST", { Origin: "https://app.example", "Sec-Fetch-Site": "cross-site" }, "local"],
  ];
  for (const [method, headers, expected] of asks) {
    assert.equal(
      await seen(headers, { ...setup, method }),
      expected,
      JSON.stringify(headers),
    );
  }
});

Deno.test("A route for signed-in people answers nobody with 401 and a challenge", async () => {
  const config = { auth: "on" as const, corsOrigins: [], publicUrl: null };
  const app = accessApp(authenticate({ access, config }));
  app.get("/mine", (c) => c.text(requireCaller(c).id));
  const refused = await app.request("/mine");
  assert.equal(refused.status, 401);
  assert.equal((await refused.json()).code, "unauthenticated");
  assert.equal(refused.headers.get("WWW-Authenticate"), 'Bearer realm="pawl"');
  assert.equal(await (await app.request("/mine", { headers: BOB })).text(), "bob");
});
