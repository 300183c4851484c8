import assert from "node:assert/strict";
import { lookInto } from "../../services/downloads_folder/folder.ts";
import { ADMIN, startApp, type TestApp } from "../support/app.ts";
import { startWithFolder as start, status } from "../support/downloads.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

async function names(app: TestApp, path: string, user?: typeof ADMIN | null) {
  const { status, body } = await app.json("GET", path, user === undefined ? {} : { user });
  assert.equal(status, 200, JSON.stringify(body));
  return body.entries.map(({ name }: { name: string }) => name);
}

Deno.test("without a folder there is nothing", async () => {
  await using app = await startApp();
  assert.equal(await status(app, "/downloads/"), 404);
  assert.equal(await status(app, "/downloads/a.zip"), 404);
  assert.equal(await status(app, "/downloads/", { user: null }), 401);
});

Deno.test("the folder is listed when it is asked for, sorted, with sizes, types and times", async () => {
  await using of = await start({
    files: {
      "b10.zip": "12345",
      "b9.zip": "1",
      "a.txt": "123",
      "sub/inner.pdf": "x",
      "noextension": "x",
      "a.hidden": "x",
    },
  });
  const { app, dir } = of;
  assert.deepEqual(await names(app, "/downloads/"), ["sub", "a.txt", "b9.zip", "b10.zip"]);
  assert.deepEqual(await names(app, "/downloads/?sort=size&order=desc"), [
    "sub",
    "b10.zip",
    "a.txt",
    "b9.zip",
  ]);
  assert.deepEqual(await names(app, "/downloads/?sort=type"), ["sub", "b9.zip", "b10.zip", "a.txt"]);
  await Deno.utime(dir.join("b9.zip"), new Date(), new Date("2001-02-03T04:05:06Z"));
  const { body } = await app.json("GET", "/downloads/?sort=modified");
  const { modifiedAt, ...entry } = body.entries.find(({ name }: { name: string }) => name === "b9.zip");
  assert.deepEqual(entry, {
    name: "b9.zip",
    isFolder: false,
    size: 1,
    contentType: "application/zip",
    url: "/downloads/b9.zip",
  });
  assert.equal(modifiedAt, "2001-02-03T04:05:06.000Z");
  assert.equal(body.entries[1].name, "b9.zip", "the oldest first");
  await Deno.writeTextFile(dir.join("new.iso"), "new");
  assert.ok((await names(app, "/downloads/")).includes("new.iso"));
  assert.deepEqual(await names(app, "/downloads/sub/"), ["inner.pdf"]);
  assert.equal(await status(app, "/downloads/?sort=colour"), 400);
});

Deno.test("files are always saved, under their name behind the configured prefix, as their listed type", async () => {
  await using of = await start({
    files: { "page.html": "<script>", "报告.pdf": "%PDF" },
    downloads: {
      types: { ".html": "text/html", ".pdf": "application/pdf" },
      prefix: "{date}_{time}_{random}-",
    },
  });
  of.app.clock = Date.parse("2033-04-05T06:07:08Z");
  const html = await of.app.request("/downloads/page.html");
  assert.match(
    html.headers.get("Content-Disposition")!,
    /^attachment; filename="?2033-04-05_06-07-08_[0-9a-f]{8}-page\.html/,
  );
  assert.equal(html.headers.get("X-Content-Type-Options"), "nosniff");
  assert.match(html.headers.get("Content-Security-Policy")!, /sandbox/);
  await html.body?.cancel();
  const pdf = await of.app.request("/downloads/%E6%8A%A5%E5%91%8A.pdf");
  assert.equal(pdf.headers.get("Content-Type"), "application/pdf");
  assert.match(
    pdf.headers.get("Content-Disposition")!,
    /filename\*=UTF-8''2033-04-05_06-07-08_[0-9a-f]{8}-%E6%8A%A5/,
  );
  await pdf.body?.cancel();
});

Deno.test("only listed extensions exist, and no hidden file, no folder above, no link that leads out", async () => {
  await using outside = await tempDir();
  await Deno.writeTextFile(outside.join("secret.zip"), "secret");
  await using of = await start({
    files: { "a.zip": "a", ".env.zip": "x", ".git/config.zip": "x", "b.conf": "x", "sub/c.zip": "c" },
  });
  const { app, dir } = of;
  await Deno.symlink(outside.join("secret.zip"), dir.join("leads out.zip"));
  await Deno.symlink(outside.path, dir.join("out"));
  await Deno.symlink(dir.join("sub/c.zip"), dir.join("stays in.zip"));
  await Deno.symlink(dir.join("nowhere"), dir.join("dangling.zip"));
  await Deno.symlink(dir.join("circle.zip"), dir.join("circle.zip"));
  assert.deepEqual(await names(app, "/downloads/"), ["sub", "a.zip", "stays in.zip"]);
  assert.equal(await status(app, "/downloads/stays%20in.zip"), 200);
  const hostile = [
    "leads%20out.zip",
    "out/secret.zip",
    "dangling.zip",
    "circle.zip",
    ".env.zip",
    ".git/config.zip",
    "b.conf",
    "a.zip/",
    "a.zip/b.zip",
    "sub//c.zip",
    "/",
    "%2F",
    "sub%2Fc.zip",
    "sub%2fc.zip",
    "sub%2F",
    "sub/../a.zip/../b.conf",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%5c..%5csecret.zip",
    "sub%00/c.zip",
    "%00",
    "%ff.zip",
    "%",
    "%252e%252e/a.zip",
    "/etc/passwd",
    "c:%5cwindows.zip",
    "a.zip%20",
    "A".repeat(5000) + ".zip",
    "a/".repeat(2000) + "b.zip",
    "con.zip",
  ];
  for (const path of hostile) {
    for (const method of ["GET", "HEAD"]) {
      assert.equal(await status(app, `/downloads/${path}`, { method }), 404, `${method} ${path}`);
    }
  }
});

Deno.test("rules by path and extension say who may have what; without one it is whoever is signed in", async () => {
  await using of = await start({
    files: {
      "open/a.zip": "1",
      "open/b.pdf": "2",
      "staff/c.zip": "3",
      "staff/d.iso": "4",
      "e.zip": "5",
      "f.txt": "6",
    },
    downloads: {
      access: [
        { path: "staff/**", extensions: [".iso"], for: "administrators" },
        { path: "open/**", for: "public" },
        { extensions: [".txt"], for: "public" },
        { path: "?.zip", for: "users" },
      ],
    },
  });
  const { app } = of;
  const seen = async (path: string) =>
    [
      await status(app, `/downloads/${path}`, { user: null }),
      await status(app, `/downloads/${path}`),
      await status(app, `/downloads/${path}`, { user: ADMIN }),
    ].join(" ");
  assert.deepEqual(
    await Promise.all(
      ["open/a.zip", "open/b.pdf", "staff/c.zip", "staff/d.iso", "e.zip", "f.txt", "open/", ""].map(seen),
    ),
    [
      "200 200 200",
      "200 200 200",
      "401 200 200",
      "401 404 200",
      "401 200 200",
      "200 200 200",
      "200 200 200",
      "401 200 200",
    ],
  );
  assert.deepEqual(await names(app, "/downloads/staff/"), ["c.zip"]);
  assert.deepEqual(await names(app, "/downloads/staff/", ADMIN), ["c.zip", "d.iso"]);
  assert.deepEqual(await names(app, "/downloads/open/", null), ["a.zip", "b.pdf"]);
});

Deno.test("a broken download goes on with exactly the headers of an old Internet Explorer", async () => {
  const bytes = randomBytes(300_000, { seed: 2 });
  await using of = await start({ files: { "download.zip": bytes } });
  const first = await of.app.request("/downloads/download.zip");
  const [etag, modified] = [first.headers.get("ETag")!, first.headers.get("Last-Modified")!];
  assert.match(etag, /^"[0-9a-f]{32}"$/);
  assert.deepEqual(
    [first.headers.get("Accept-Ranges"), first.headers.get("Content-Length")],
    ["bytes", String(bytes.length)],
  );
  await first.body?.cancel();
  const resume = (headers: Record<string, string>) =>
    of.app.request("/downloads/download.zip", { headers: { Range: "bytes=93371-", ...headers } });
  const ways: Record<string, string>[] = [
    { "Unless-Modified-Since": modified, "If-Range": etag },
    { "If-Range": etag },
    { "If-Range": modified },
    { "If-Match": etag },
    { "If-Unmodified-Since": modified },
    { "Unless-Modified-Since": modified },
  ];
  for (const headers of ways) {
    const answer = await resume(headers);
    assert.deepEqual(
      [answer.status, answer.headers.get("Content-Range")],
      [206, `bytes 93371-${bytes.length - 1}/${bytes.length}`],
      JSON.stringify(headers),
    );
    assert.deepEqual(await answer.bytes(), bytes.slice(93371));
  }
  await Deno.writeFile(of.dir.join("download.zip"), new Uint8Array([...bytes, 1]));
  of.app.clock += 60_000;
  const old = new Date(Date.parse(modified) - 60_000).toUTCString();
  const changed = await resume({ "Unless-Modified-Since": old, "If-Range": etag });
  assert.equal(changed.status, 200);
  assert.equal((await changed.bytes()).length, bytes.length + 1);
  assert.equal(await status(of.app, "/downloads/download.zip", { headers: { "If-Match": etag } }), 412);
  assert.equal(
    await status(of.app, "/downloads/download.zip", { headers: { Range: "bytes=9999999-" } }),
    416,
  );
});

Deno.test("a file that was just written has a weak tag, and one that is replaced another one", async () => {
  await using of = await start({ files: { "a.zip": "first" } });
  const { app, dir } = of;
  await Deno.writeTextFile(dir.join("a.zip"), "other");
  app.clock = Date.now();
  const fresh = await app.request("/downloads/a.zip");
  assert.match(fresh.headers.get("ETag")!, /^W\//);
  assert.equal(await fresh.text(), "other");
  app.clock += 10_000;
  const strong = (await app.request("/downloads/a.zip", { method: "HEAD" })).headers.get("ETag")!;
  assert.match(strong, /^"/);
  await replace(dir, "a.zip", "third");
  assert.notEqual((await app.request("/downloads/a.zip", { method: "HEAD" })).headers.get("ETag"), strong);
});

Deno.test("a file that is replaced between its headers and its bytes is refused, not mixed", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("a.zip"), "first");
  const found = await lookInto(dir.path, ["a.zip"], Date.now());
  assert.equal(found?.kind, "file");
  if (found?.kind !== "file") return;
  (await found.file.open()).close();
  // As long, and as old.
  const { mtime } = await Deno.stat(dir.join("a.zip"));
  await replace(dir, "a.zip", "other");
  await Deno.utime(dir.join("a.zip"), mtime!, mtime!);
  await assert.rejects(found.file.open(), { code: "busy" });
});

async function replace(dir: TempDir, name: string, text: string): Promise<void> {
  await Deno.writeTextFile(dir.join("new"), text);
  await Deno.rename(dir.join("new"), dir.join(name));
}
