import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";

const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

async function ask(app: TestApp, path: string, init: RequestInit = {}) {
  const response = await app.request(path, { ...init, user: null });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** All that the page is made of: itself, what it names, and what its modules import. */
async function allFiles(app: TestApp): Promise<Map<string, Awaited<ReturnType<typeof ask>>>> {
  const found = new Map<string, Awaited<ReturnType<typeof ask>>>();
  const waiting = ["/"];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (found.has(path)) continue;
    const file = await ask(app, path);
    found.set(path, file);
    const named = path === "/"
      ? [...file.text.matchAll(/<(?:link|script|img)\b[^>]*\b(?:href|src)="([^"]+)"/g)]
      : [...file.text.matchAll(/\bfrom "([^"]+)"|url\(([^)]+)\)/g)];
    for (const [, first, second] of named) {
      waiting.push(new URL(first ?? second!, `http://x${path}`).pathname);
    }
  }
  return found;
}

Deno.test("The page and everything that it names is served to anybody, with type, tag and a fitting policy", async (t) => {
  await using app = await startApp();
  const files = await allFiles(app);
  assert.ok(files.size >= 7, [...files.keys()].join(" "));

  await t.step("nothing is served that the page does not name", () => {
    const served = app.routes().map(({ path }) => path).filter((path) =>
      path === "/" || path.startsWith("/static/")
    );
    assert.deepEqual([...new Set(served)].sort(), [...files.keys()].sort());
  });

  for (const [path, { status, headers, text }] of files) {
    await t.step(path, async () => {
      assert.equal(status, 200);
      assert.equal(
        headers.get("Content-Type"),
        TYPES[path.split(".")[1] ?? ""] ?? "text/html; charset=utf-8",
      );
      assert.equal(headers.get("Content-Length"), String(new TextEncoder().encode(text).length));
      assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
      assert.equal(headers.get("Cache-Control"), "no-cache");
      const policy = headers.get("Content-Security-Policy")!;
      assert.match(policy, /^default-src 'self'; .*base-uri 'none'.*frame-ancestors 'none'/);
      assert.ok(!/unsafe|https?:|\*/.test(policy), policy);

      const etag = headers.get("ETag")!;
      assert.match(etag, /^"[\w-]{43}"$/);
      for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
        const again = await ask(app, path, { headers: { "If-None-Match": known } });
        assert.deepEqual([again.status, again.text, again.headers.get("ETag")], [304, "", etag], known);
      }
      const other = await ask(app, path, { headers: { "If-None-Match": '"x"' } });
      assert.equal(other.status, 200);
      const head = await ask(app, path, { method: "HEAD" });
      assert.deepEqual([head.status, head.text], [200, ""]);
      assert.equal(head.headers.get("Content-Length"), headers.get("Content-Length"));
    });
  }
});

Deno.test("The page asks no other host for anything, and runs nothing that stands in the page itself", async () => {
  await using app = await startApp();
  for (const [path, { text }] of await allFiles(app)) {
    const addresses = text.match(/\b(?:https?|wss?):\/\/[^\s"')]+|["'(]\/\/[^\s"')]+/g) ?? [];
    assert.deepEqual(addresses.filter((address) => address !== "http://www.w3.org/2000/svg"), [], path);
    assert.ok(!/@import|importScripts|eval\(|innerHTML|insertAdjacentHTML|document\.write/.test(text), path);
  }
  const { text } = await ask(app, "/");
  assert.ok(!/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:/i.test(text));
});

Deno.test("Every address of the API that the page uses exists", async () => {
  await using app = await startApp();
  const modules = [...(await allFiles(app)).values()].map(({ text }) => text).join("\n");
  const used = [...modules.matchAll(/[`"](\/api\/v1\/[^`"?]+)/g)].map((match) =>
    match[1]!.replaceAll(/\$\{[^}]*\}/g, "1")
  );
  assert.ok(used.length >= 8, used.join(" "));
  for (const path of used) {
    // OPTIONS answers 204 wherever there is a route, whatever its method.
    assert.equal((await ask(app, path, { method: "OPTIONS" })).status, 204, path);
  }
});

Deno.test("Every element that the page's modules look for is in the page", async () => {
  await using app = await startApp();
  const files = await allFiles(app);
  const ids = new Set([...files.get("/")!.text.matchAll(/\bid="([^"]+)"/g)].map((match) => match[1]!));
  const sought = [...files.values()].flatMap(({ text }) =>
    [...text.matchAll(/(?:byId|fromTemplate)\("([^"]+)"\)/g)].map((match) => match[1]!)
  );
  assert.ok(sought.length > 20);
  assert.deepEqual(sought.filter((id) => !ids.has(id)), []);
});
