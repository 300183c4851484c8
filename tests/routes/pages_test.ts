import assert from "node:assert/strict";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { pages } from "../../routes/pages.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { buildPage } from "../support/page.ts";

const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** All the JavaScript that a page may ever load, compressed as every browser takes it. */
const SCRIPT_BYTES = { "/": 60 * 1024, "/admin": 68 * 1024 };
const PAGES = ["/", "/admin"] as const;

await buildPage();

async function ask(app: TestApp, path: string, init: RequestInit = {}) {
  const response = await app.request(path, { ...init, user: null });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, text: new TextDecoder().decode(bytes) };
}

const isPage = (path: string) => PAGES.some((page) => page === path);

/** Addresses that a page or one of its files names. */
function named(path: string, text: string): string[] {
  const found = isPage(path)
    ? text.matchAll(/\b(?:href|src|content)="(\/static\/[^"]+)"/g)
    : text.matchAll(/["'](\.{1,2}\/[\w./-]+-[0-9A-Z]{8}\.js|\/static\/[\w.-]+)["']/g);
  return [...found].map((match) => new URL(match[1]!, `http://x${path}`).pathname);
}

/** All that pages are made of: themselves, what they name, and what their scripts import. */
async function allFiles(
  app: TestApp,
  pages: readonly string[] = PAGES,
): Promise<Map<string, Awaited<ReturnType<typeof ask>>>> {
  const found = new Map<string, Awaited<ReturnType<typeof ask>>>();
  const waiting = [...pages];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (found.has(path)) continue;
    const file = await ask(app, path);
    found.set(path, file);
    waiting.push(...named(path, file.text));
  }
  return found;
}

Deno.test("The pages and everything that they name is served to anybody, with type, tag and a fitting policy", async (t) => {
  await using app = await startApp();
  const files = await allFiles(app);
  assert.ok(files.size >= 6, [...files.keys()].join(" "));

  for (const [path, { status, headers, text }] of files) {
    await t.step(path, async () => {
      assert.equal(status, 200);
      assert.equal(headers.get("Content-Type"), TYPES[path.split(".").at(-1)!] ?? "text/html; charset=utf-8");
      assert.equal(headers.get("Content-Length"), String(new TextEncoder().encode(text).length));
      assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
      assert.equal(headers.get("Content-Encoding"), null);
      assert.equal(headers.get("Vary"), "Accept-Encoding");
      // What has its digest in its name may be kept for ever; the rest is asked for again.
      const changes = isPage(path) || path === "/static/icon.svg";
      assert.equal(
        headers.get("Cache-Control"),
        changes ? "no-cache" : "public, max-age=31536000, immutable",
      );
      assert.equal(/-[0-9A-Za-z]{8,10}\.(?:js|css)$/.test(path), !changes);

      const etag = headers.get("ETag")!;
      assert.match(etag, /^"[\w-]{43}"$/);
      for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
        const again = await ask(app, path, { headers: { "If-None-Match": known } });
        assert.deepEqual([again.status, again.text, again.headers.get("ETag")], [304, "", etag], known);
      }
      assert.equal((await ask(app, path, { headers: { "If-None-Match": '"x"' } })).status, 200);
      const head = await ask(app, path, { method: "HEAD" });
      assert.deepEqual([head.status, head.text], [200, ""]);
      assert.equal(head.headers.get("Content-Length"), headers.get("Content-Length"));
    });
  }
});

Deno.test("Every file goes out compressed to whoever takes that, each coding under a tag of its own", async () => {
  await using app = await startApp();
  for (const [path, { bytes, headers }] of await allFiles(app)) {
    const tags = new Set([headers.get("ETag")]);
    for (const [coding, decode] of [["gzip", gunzipSync], ["br", brotliDecompressSync]] as const) {
      const file = await ask(app, path, { headers: { "Accept-Encoding": coding } });
      assert.equal(file.headers.get("Content-Encoding"), coding, path);
      assert.equal(file.headers.get("Content-Length"), String(file.bytes.length));
      assert.ok(file.bytes.length < bytes.length, path);
      assert.deepEqual(new Uint8Array(decode(file.bytes)), bytes, path);
      tags.add(file.headers.get("ETag"));
      const known = { "Accept-Encoding": coding, "If-None-Match": file.headers.get("ETag")! };
      assert.equal((await ask(app, path, { headers: known })).status, 304);
    }
    assert.equal(tags.size, 3, path);
  }
});

Deno.test("What a visit loads has less than 60 KiB (68 for administrators) by gzip, and all scripts of a page together have by Brotli", async (t) => {
  await using app = await startApp();
  const bytesOf = async (paths: string[], coding: string) => {
    let size = 0;
    for (const path of paths) {
      size += (await ask(app, path, { headers: { "Accept-Encoding": coding } })).bytes.length;
    }
    return size;
  };
  for (const page of PAGES) {
    await t.step(page, async () => {
      const scripts = [...(await allFiles(app, [page])).keys()].filter((path) => path.endsWith(".js"));
      // Fetched by whoever asks for them: another language, an issuer's sign-in, the dialog for links.
      const later = /\/(zh|admin_zh|issuer|sign_out|share_dialog)-/;
      const first = await bytesOf(scripts.filter((path) => !later.test(path)), "gzip");
      assert.ok(first > 10_000 && first < SCRIPT_BYTES[page], `${first} bytes`);
      const all = await bytesOf(scripts, "br");
      assert.ok(all > first / 2 && all < SCRIPT_BYTES[page], `${all} bytes`);
    });
  }
});

Deno.test("Nobody but administrators loads what is for administrators", async () => {
  await using app = await startApp();
  const files = [...(await allFiles(app, ["/"])).keys()];
  assert.deepEqual(files.filter((path) => path.startsWith("/static/admin")), []);
});

Deno.test("A page may load only what is served from here, and runs nothing that stands in it or is made of text", async () => {
  await using app = await startApp();
  for (const page of PAGES) checkPolicy(await ask(app, page));
  for (const [path, { text }] of await allFiles(app)) {
    const addresses = text.match(/\b(?:https?|wss?):\/\/[\w.-]+[^\s"'`)]*/g) ?? [];
    assert.deepEqual(addresses.filter((address) => !address.startsWith("http://www.w3.org/")), [], path);
  }
});

function checkPolicy({ headers, text }: Awaited<ReturnType<typeof ask>>): void {
  const policy = new Map(
    headers.get("Content-Security-Policy")!.split("; ").map((rule) => {
      const [name, ...values] = rule.split(" ");
      return [name, values.join(" ")];
    }),
  );
  assert.equal(policy.get("default-src"), "'none'");
  for (const kind of ["script", "style", "img", "media", "frame", "worker", "connect"]) {
    assert.equal(policy.get(`${kind}-src`), "'self'", kind);
  }
  for (
    const [name, value] of [["base-uri", "'none'"], ["frame-ancestors", "'none'"], ["form-action", "'self'"]]
  ) {
    assert.equal(policy.get(name!), value);
  }
  assert.equal(policy.get("require-trusted-types-for"), "'script'");
  assert.ok(!/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:/i.test(text));
}

Deno.test("Every address of the API that the page uses exists", async () => {
  await using app = await startApp();
  const scripts = [...(await allFiles(app)).values()].map(({ text }) => text).join("\n");
  const used = [...scripts.matchAll(/[`"]\/?(api\/v1\/[^`"?]+)/g)].map((match) =>
    `/${match[1]!.replaceAll(/\$\{[^}]*\}/g, "1")}`
  );
  assert.ok(used.length >= 10, used.join(" "));
  for (const path of used) {
    // OPTIONS answers 204 wherever there is a route, whatever its method.
    assert.equal((await ask(app, path, { method: "OPTIONS" })).status, 204, path);
  }
});

Deno.test("What the page is not made of is not there", async () => {
  await using app = await startApp();
  for (
    const path of [
      "/static/none.js",
      "/static/page.js",
      "/static/admin.js",
      "/static/",
      "/static/..%2fdeno.json",
    ]
  ) {
    assert.equal((await ask(app, path)).status, 404, path);
  }
});

Deno.test("Business types are listed with their rules for whoever is signed in", async () => {
  await using app = await startApp({
    pawlJson: { businessTypes: { Scan: { maxBytes: 1000, extensions: [".tif"] } } },
  });
  const { status, body } = await app.json("GET", "/api/v1/business-types");
  assert.equal(status, 200);
  const names = body.items.map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ["General", "Avatar", "Image", "Document", "Video", "Audio", "Scan"]);
  assert.deepEqual(body.items.at(-1), {
    name: "Scan",
    maxBytes: 1000,
    extensions: [".tif"],
    visibility: "private",
  });
  assert.equal(body.items[0].extensions, null);
});

Deno.test("Where the pages have not been built, their addresses say how to do that", async () => {
  for (const page of PAGES) {
    const answer = await pages(null).request(page);
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /deno task page/);
  }
});

Deno.test("The administrators' page is found also with a slash at its end", async () => {
  await using app = await startApp();
  const { status, headers } = await ask(app, "/admin/");
  assert.deepEqual([status, headers.get("Location")], [308, "/admin"]);
});
