import assert from "node:assert/strict";
import { Hono } from "hono";
import { serveDocs } from "../../routes/docs_page.ts";
import type { Env } from "../../routes/env.ts";
import { securityHeaders } from "../../routes/security_headers.ts";
import { PROBLEMS } from "../../services/problem.ts";

const app = new Hono<Env>();
app.use(securityHeaders);
serveDocs(app);

const page = await (await app.request("/docs")).text();
const links = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]!);

Deno.test("the docs page names no other host and holds no inline script or style", async () => {
  assert.ok(!/https?:\/\/|["'(]\/\//.test(page), page);
  assert.ok(!/<script(?![^>]*\ssrc=)/.test(page) && !/<style|\son\w+=|="javascript:/i.test(page));
  const start = await (await app.request("/docs/start.js")).text();
  assert.ok(!/https?:/.test(start));
  assert.match(start, /validatorUrl: null/);
});

Deno.test("everything that the docs page loads is served from here with its type", async () => {
  const files = links.filter((link) => link.startsWith("/docs/"));
  assert.equal(files.length, 3);
  for (const link of files) {
    const response = await app.request(link);
    assert.equal(response.status, 200, link);
    assert.match(
      response.headers.get("content-type")!,
      link.endsWith(".css") ? /^text\/css/ : /^text\/javascript/,
    );
    assert.ok((await response.text()).length > 50);
    const versioned = link.includes("/swagger-ui");
    assert.match(response.headers.get("cache-control")!, versioned ? /immutable/ : /no-cache/);
  }
});

Deno.test("the style sheet loads nothing from another host", async () => {
  const link = links.find((link) => link.endsWith(".css"))!;
  const css = await (await app.request(link)).text();
  assert.deepEqual([...css.matchAll(/url\((?!["']?data:)[^)]*\)/g)].map((match) => match[0]), []);
  assert.ok(!css.includes("@import"));
});

Deno.test("the policy of the docs page allows no script but files from here, and no other host", async () => {
  const response = await app.request("/docs");
  await response.body?.cancel();
  const policy = response.headers.get("content-security-policy")!;
  assert.match(policy, /default-src 'self'/);
  assert.ok(!/script-src|https?:|\*|unsafe-eval/.test(policy), policy);
});

Deno.test("the page of problem codes has an anchor for every code", async () => {
  const response = await app.request("/docs/problems");
  assert.match(response.headers.get("content-type")!, /^text\/html/);
  const text = await response.text();
  for (const code of Object.keys(PROBLEMS)) assert.ok(text.includes(`<tr id="${code}">`), code);
});
