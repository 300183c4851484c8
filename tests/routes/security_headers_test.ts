import assert from "node:assert/strict";
import { Hono } from "hono";
import type { Env } from "../../routes/env.ts";
import { answerError } from "../../routes/problem_response.ts";
import { PAGE_CSP, securityHeaders } from "../../routes/security_headers.ts";
import { Problem } from "../../services/problem.ts";

const app = new Hono<Env>();
app.use(securityHeaders);
app.onError(answerError);
app.get("/plain", (c) => c.json({}));
app.get("/refused", () => {
  throw new Problem("not-found", "No.");
});
app.get("/content", () =>
  new Response("x", {
    headers: {
      "Content-Security-Policy": "sandbox; default-src 'none'",
      "Cache-Control": "private, max-age=60",
      "Cross-Origin-Resource-Policy": "cross-origin",
    },
  }));
app.get("/unchanged", () => new Response(null, { status: 304, headers: { ETag: '"a"' } }));

for (const path of ["/plain", "/refused"]) {
  Deno.test(`${path} gets the default headers`, async () => {
    const response = await app.request(path);
    await response.body?.cancel();
    assert.equal(response.headers.get("content-security-policy"), PAGE_CSP);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("referrer-policy"), "no-referrer");
    assert.equal(response.headers.get("cross-origin-opener-policy"), "same-origin");
    assert.equal(response.headers.get("cache-control"), "no-store");
  });
}

Deno.test("headers that content sets itself stay as they are", async () => {
  const response = await app.request("/content");
  await response.body?.cancel();
  assert.equal(response.headers.get("content-security-policy"), "sandbox; default-src 'none'");
  assert.equal(response.headers.get("cache-control"), "private, max-age=60");
  assert.equal(response.headers.get("cross-origin-resource-policy"), "cross-origin");
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("a 304 gets nothing that would replace headers of the stored answer", async () => {
  const response = await app.request("/unchanged");
  assert.deepEqual([...response.headers.keys()], ["etag"]);
});

Deno.test("the policy for our pages allows nothing inline and no other host", () => {
  assert.ok(!/unsafe|http|\*/.test(PAGE_CSP));
});
