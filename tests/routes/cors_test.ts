import assert from "node:assert/strict";
import { Hono } from "hono";
import { corsFor } from "../../routes/cors.ts";
import type { Env } from "../../routes/env.ts";
import { answerError } from "../../routes/problem_response.ts";
import { Problem } from "../../services/problem.ts";

const ORIGIN = "https://app.example";

function app(origins: string[]) {
  const app = new Hono<Env>();
  app.use(corsFor(origins));
  app.onError(answerError);
  app.get("/", (c) => c.text("ok", 200, { Vary: "Accept" }));
  app.options("/", (c) => c.body(null, 204, { "Tus-Version": "1.0.0" }));
  app.post("/", () => {
    throw new Problem("forbidden", "No.");
  });
  return app;
}

async function ask(origins: string[], origin: string | null, init: RequestInit = {}) {
  const headers = new Headers(init.headers);
  if (origin) headers.set("Origin", origin);
  const response = await app(origins).request("/", { ...init, headers });
  await response.body?.cancel();
  return response;
}

const corsNames = (response: Response) =>
  [...response.headers.keys()].filter((name) => name.startsWith("access-control-"));

Deno.test("a listed origin may read the answer, with credentials and the headers of transfers", async () => {
  const { headers } = await ask([ORIGIN], ORIGIN);
  assert.equal(headers.get("access-control-allow-origin"), ORIGIN);
  assert.equal(headers.get("access-control-allow-credentials"), "true");
  const exposed = headers.get("access-control-expose-headers")!.split(",");
  for (
    const name of ["Location", "ETag", "Content-Range", "Content-Disposition", "Retry-After", "X-Request-Id"]
  ) {
    assert.ok(exposed.includes(name), name);
  }
  assert.equal(headers.get("vary"), "Accept, Origin");
});

Deno.test("a listed origin may read refusals too", async () => {
  const response = await ask([ORIGIN], ORIGIN, { method: "POST" });
  assert.equal(response.status, 403);
  assert.equal(response.headers.get("access-control-allow-origin"), ORIGIN);
  assert.match(response.headers.get("vary")!, /Origin/);
});

const OTHERS = [
  "https://evil.example",
  "https://app.example.evil.example",
  "http://app.example",
  "https://APP.example",
  "https://app.example/",
  "null",
];
for (const origin of OTHERS) {
  Deno.test(`the origin ${origin} is not listed and gets no CORS header, also for preflights`, async () => {
    for (const method of ["GET", "POST", "OPTIONS"]) {
      const response = await ask([ORIGIN], origin, {
        method,
        headers: { "Access-Control-Request-Method": "PUT" },
      });
      assert.deepEqual(corsNames(response), []);
      assert.match(response.headers.get("vary")!, /Origin/);
    }
  });
}

Deno.test("without listed origins there are no CORS headers and nothing varies", async () => {
  const response = await ask([], ORIGIN);
  assert.deepEqual(corsNames(response), []);
  assert.equal(response.headers.get("vary"), "Accept");
});

Deno.test("a request without Origin gets no allowance, but caches are told that it matters", async () => {
  const response = await ask([ORIGIN], null);
  assert.deepEqual(corsNames(response), []);
  assert.equal(response.headers.get("vary"), "Accept, Origin");
});

Deno.test("a preflight is answered with the methods and the headers asked for", async () => {
  const response = await ask([ORIGIN], ORIGIN, {
    method: "OPTIONS",
    headers: {
      "Access-Control-Request-Method": "PATCH",
      "Access-Control-Request-Headers": "authorization,upload-offset",
    },
  });
  assert.equal(response.status, 204);
  assert.match(response.headers.get("access-control-allow-methods")!, /PATCH/);
  assert.equal(response.headers.get("access-control-allow-headers"), "authorization,upload-offset");
  assert.equal(response.headers.get("tus-version"), null);
});

Deno.test("a plain OPTIONS reaches its route and may be read", async () => {
  const response = await ask([ORIGIN], ORIGIN, { method: "OPTIONS" });
  assert.equal(response.headers.get("tus-version"), "1.0.0");
  assert.equal(response.headers.get("access-control-allow-origin"), ORIGIN);
});
