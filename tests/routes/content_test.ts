/** Downloads through the whole application; the engine behind them has tests of its own in `http/`. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { sweepBlobs } from "../../services/cleanup.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { putFile } from "../support/stored_files.ts";

const TEXT = "0123456789abcdefghijklmnopqrstuvwxyz";

async function ask(app: TestApp, url: string, headers: Record<string, string> = {}, method = "GET") {
  const response = await app.request(url, { method, headers });
  const { status, headers: answered } = response;
  return { status, text: await response.text(), of: (name: string) => answered.get(name) };
}

Deno.test("Content comes whole, by HEAD, in one range and in many", async (t) => {
  await using app = await startApp();
  const { url, sha256 } = await putFile(app, { fileName: "a.txt", body: TEXT });

  await t.step("whole", async () => {
    const { status, text, of } = await ask(app, url);
    assert.deepEqual([status, text], [200, TEXT]);
    assert.equal(of("content-length"), "36");
    assert.equal(of("accept-ranges"), "bytes");
    assert.equal(of("content-type"), "text/plain; charset=utf-8");
    assert.equal(of("etag"), `"${sha256}"`);
    assert.equal(of("last-modified"), new Date(app.clock).toUTCString());
    assert.equal(of("repr-digest"), `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`);
  });

  await t.step("HEAD tells the same without the bytes", async () => {
    const whole = await app.request(url);
    await whole.body?.cancel();
    const head = await app.request(url, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
    const comparable = ({ headers }: Response) => [...headers].filter(([name]) => name !== "x-request-id");
    assert.deepEqual(comparable(head), comparable(whole));
  });

  for (
    const [range, part, contentRange] of [
      ["bytes=0-0", "0", "bytes 0-0/36"],
      ["bytes=10-", TEXT.slice(10), "bytes 10-35/36"],
      ["bytes=-3", "xyz", "bytes 33-35/36"],
      ["bytes=30-999", TEXT.slice(30), "bytes 30-35/36"],
    ] as const
  ) {
    await t.step(range, async () => {
      const { status, text, of } = await ask(app, url, { Range: range });
      assert.deepEqual([status, text, of("content-range")], [206, part, contentRange]);
      assert.equal(of("content-length"), String(part.length));
    });
  }

  await t.step("many ranges", async () => {
    const { status, text, of } = await ask(app, url, { Range: "bytes=0-1, 10-11, -1" });
    assert.equal(status, 206);
    const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(of("content-type")!)![1]!;
    const parts = text.split(`--${boundary}`).slice(1, -1).map((part) => part.split("\r\n\r\n")[1]);
    assert.deepEqual(parts, ["01\r\n", "ab\r\n", "z\r\n"]);
    assert.equal(of("content-length"), String(text.length));
  });

  await t.step("beyond the end", async () => {
    const { status, text, of } = await ask(app, url, { Range: "bytes=36-" });
    assert.equal(status, 416);
    assert.equal(JSON.parse(text).code, "range-not-satisfiable");
    assert.equal(of("content-range"), "bytes */36");
  });
});

Deno.test("A broken download goes on with what belongs to it, and conditions are answered", async () => {
  await using app = await startApp();
  const { url, sha256 } = await putFile(app, { body: TEXT });
  const etag = `"${sha256}"`;
  const modified = new Date(app.clock).toUTCString();
  // A date proves nothing about a file of this very second (RFC 9110 section 8.8.2.2).
  app.clock += 60_000;
  const old = new Date(app.clock - 86_400_000).toUTCString();
  const range = { Range: "bytes=30-" };
  const cases: [headers: Record<string, string>, status: number][] = [
    [{ ...range, "If-Range": etag }, 206],
    [{ ...range, "If-Range": modified }, 206],
    [{ ...range, "If-Range": '"other"' }, 200],
    [{ ...range, "If-Range": old }, 200],
    [{ "If-None-Match": etag }, 304],
    [{ "If-None-Match": `"x", W/${etag}` }, 304],
    [{ "If-None-Match": '"x"' }, 200],
    [{ "If-Modified-Since": modified }, 304],
    [{ "If-Modified-Since": old }, 200],
    [{ "If-None-Match": '"x"', "If-Modified-Since": modified }, 200],
    [{ "If-Match": etag }, 200],
    [{ "If-Match": '"x"' }, 412],
    [{ "If-Unmodified-Since": old }, 412],
    [{ "Unless-Modified-Since": old }, 412],
    [{ ...range, "Unless-Modified-Since": old }, 200],
    [{ ...range, "Unless-Modified-Since": modified }, 206],
  ];
  for (const [headers, status] of cases) {
    const answer = await ask(app, url, headers);
    assert.equal(answer.status, status, JSON.stringify(headers));
    if (status === 304) assert.equal(answer.text, "");
    if (status === 206) assert.equal(answer.text, "uvwxyz");
    if (status === 200) assert.equal(answer.text, TEXT);
    if (status !== 412) assert.equal(answer.of("etag"), etag);
  }
});

Deno.test("The name survives quotes, Chinese and emoji, and a request may choose another", async (t) => {
  await using app = await startApp();
  const cases: [name: string, plain: string, extended: string | null][] = [
    ["plain.bin", "filename=plain.bin", null],
    [
      `it's "so" 100%.bin`,
      'filename="it\'s _so_ 100_.bin"',
      "filename*=UTF-8''it%27s%20%22so%22%20100%25.bin",
    ],
    ["\u62a5\u544a.bin", "filename=__.bin", "filename*=UTF-8''%E6%8A%A5%E5%91%8A.bin"],
    ["\u{1f600}.bin", "filename=_.bin", "filename*=UTF-8''%F0%9F%98%80.bin"],
    ["a;b=c.bin", 'filename="a;b=c.bin"', null],
  ];
  const { url: other } = await putFile(app, { fileName: "other.bin" });
  for (const [name, plain, extended] of cases) {
    const expected = `attachment; ${plain}${extended === null ? "" : `; ${extended}`}`;
    await t.step(name, async () => {
      const { url, fileName } = await putFile(app, { fileName: name });
      assert.equal(fileName, name);
      assert.equal((await ask(app, url)).of("content-disposition"), expected);
      const asked = await ask(app, `${other}?fileName=${encodeURIComponent(name)}`);
      assert.equal(asked.of("content-disposition"), expected);
    });
  }
  await t.step("a name that is none is refused", async () => {
    for (const bad of ["", "..", "a%0d%0ab", "x".repeat(1025), "%E2%80%AE.txt"]) {
      const { status, text } = await ask(app, `${other}?fileName=${bad}`);
      assert.equal(status, 400, bad);
      assert.match(JSON.parse(text).code, /^invalid-/);
    }
  });
  await t.step("only its last segment counts", async () => {
    const { of } = await ask(app, `${other}?fileName=..%2F..%2Fetc%2Fpasswd`);
    assert.equal(of("content-disposition"), "attachment; filename=passwd");
  });
});

Deno.test("What is safe to show is shown, and ?download=1 saves it", async () => {
  await using app = await startApp();
  for (const fileName of ["a.png", "a.jpg", "a.txt", "a.mp4", "a.mp3"]) {
    const { url } = await putFile(app, { fileName });
    assert.match((await ask(app, url)).of("content-disposition")!, /^inline; /, fileName);
    assert.match((await ask(app, `${url}?download=0`)).of("content-disposition")!, /^inline; /, fileName);
    assert.match((await ask(app, `${url}?download=1`)).of("content-disposition")!, /^attachment; /, fileName);
  }
  const { url } = await putFile(app, { fileName: "a.png" });
  for (const download of ["", "2", "true"]) {
    assert.equal((await ask(app, `${url}?download=${download}`)).status, 400, download);
  }
});

Deno.test("User content never runs in our origin, whatever it says that it is", async () => {
  await using app = await startApp();
  const hostile: [fileName: string, contentType: string][] = [
    ["a.html", "text/html"],
    ["a.html", ""],
    ["a.xhtml", "application/xhtml+xml"],
    ["a.svg", "image/svg+xml"],
    ["a.svg", ""],
    ["a.js", "text/javascript"],
    ["a.mjs", ""],
    ["a.css", "text/css"],
    ["a.xml", "text/xml"],
    ["a.pdf", "application/pdf"],
    ["a.swf", "application/x-shockwave-flash"],
    ["a.png", "text/html; charset=utf-7"],
    ["a.html", "image/png"],
    ["a.txt", "TEXT/HTML"],
  ];
  for (const [fileName, contentType] of hostile) {
    const { url } = await putFile(app, { fileName, contentType, body: "<script>alert(1)</script>" });
    for (const variant of [url, `${url}?download=0`, `${url}?fileName=a.html`]) {
      for (const headers of [{}, { Range: "bytes=0-3" }] as Record<string, string>[]) {
        const { of } = await ask(app, variant, headers);
        const what = `${fileName} ${contentType}`;
        assert.equal(of("x-content-type-options"), "nosniff", what);
        assert.match(of("content-security-policy")!, /^sandbox; default-src 'none'/, what);
        assert.ok(!/allow-(scripts|same-origin)/.test(of("content-security-policy")!), what);
        assert.equal(of("cross-origin-resource-policy"), "same-origin", what);
        const inline = of("content-disposition")!.startsWith("inline");
        assert.equal(inline, of("content-type") === "image/png", what);
        assert.ok(!/javascript|css/.test(of("content-type")!), what);
      }
    }
  }
});

Deno.test("Caches ask again each time, and shared ones keep only what is public", async () => {
  await using app = await startApp();
  for (const visibility of ["private", "users", "public"] as const) {
    const { url, sha256 } = await putFile(app, { visibility });
    const expected = visibility === "public" ? "public, no-cache" : "private, no-cache";
    const headers = { "If-None-Match": `"${sha256}"` };
    for (
      const answer of [await ask(app, url), await ask(app, url, headers), await ask(app, url, {}, "HEAD")]
    ) {
      assert.equal(answer.of("cache-control"), expected, `${visibility} ${answer.status}`);
      assert.equal(answer.of("vary"), "Authorization, Cookie");
    }
  }
});

Deno.test("A download under way when its file is deleted for good comes whole", async () => {
  await using app = await startApp();
  const body = randomBytes(2_000_000, { seed: 7 });
  const { id, url } = await putFile(app, { body });
  const response = await app.request(url);
  const reader = response.body!.getReader();
  const first = await reader.read();
  const pieces = [first.value!];
  assert.equal((await app.json("DELETE", `/api/v1/attachments/${id}?permanent=true`)).status, 204);
  app.clock += app.config.blobs.graceMinutes * 60_000;
  assert.equal((await sweepBlobs(app.services.core)).removed, 1);
  assert.equal((await app.json("GET", url)).status, 404);
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.push(piece.value);
  assert.equal(Buffer.compare(Buffer.concat(pieces), body), 0);
});
