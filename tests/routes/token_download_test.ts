/** Downloads by a link: who is let in, what counts as a use, how long a download goes on. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { drawing } from "../services/images/pictures.ts";
import { ADMIN, ALICE, BOB, startApp, type TestApp } from "../support/app.ts";
import { type Link, makeLink, shown, usesOf, visit } from "../support/links.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { putFile } from "../support/stored_files.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const CHROME = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8" };

async function fileWithLink(request: Parameters<typeof makeLink>[2] = {}, options = {}) {
  const app = await startApp(options);
  const file = await putFile(app, { body: "0123456789", fileName: "数据 “a”.txt" });
  return { app, file, link: await makeLink(app, file.id, request) };
}

Deno.test("Anybody with the link gets the file as it would be served, with all its headers", async () => {
  const { app, file, link } = await fileWithLink({ maxUses: 0 });
  await using _ = app;
  const byLink = await app.request(link.path, { user: null });
  const byOwner = await app.request(file.url);
  assert.equal(await byLink.text(), "0123456789");
  await byOwner.body?.cancel();
  const differ = new Set(["vary", "x-request-id"]);
  const headers = (response: Response) => [...response.headers].filter(([name]) => !differ.has(name));
  assert.deepEqual(headers(byLink), headers(byOwner));
  assert.equal(byLink.headers.get("Content-Disposition")!.startsWith("inline"), true);
  assert.match(byLink.headers.get("Content-Disposition")!, /filename\*=UTF-8''%E6%95%B0/);
  assert.equal(byLink.headers.get("X-Content-Type-Options"), "nosniff");
  assert.match(byLink.headers.get("Content-Security-Policy")!, /^sandbox/);
  assert.equal(byLink.headers.get("Referrer-Policy"), "no-referrer");
  const saved = await app.request(`${link.path}?download=1`, { user: null });
  assert.equal(saved.headers.get("Content-Disposition")!.startsWith("attachment"), true);
  await saved.body?.cancel();
});

Deno.test("Ranges, conditions and HEAD work as everywhere", async () => {
  const { app, file, link } = await fileWithLink({ maxUses: 0 });
  await using _ = app;
  const etag = `"${file.sha256}"`;
  const cases: [RequestInit, number, string | null][] = [
    [{ headers: { Range: "bytes=2-4" } }, 206, "234"],
    [{ headers: { Range: "bytes=-3" } }, 206, "789"],
    [{ headers: { Range: "bytes=20-" } }, 416, null],
    [{ headers: { Range: "bytes=5-", "If-Range": etag } }, 206, "56789"],
    [{ headers: { Range: "bytes=5-", "If-Range": '"other"' } }, 200, "0123456789"],
    [{ headers: { "If-None-Match": etag } }, 304, ""],
    [{ headers: { "If-Match": '"other"' } }, 412, null],
    [{ method: "HEAD" }, 200, ""],
    [{ method: "HEAD", headers: { Range: "bytes=2-4" } }, 200, ""],
  ];
  for (const [init, status, text] of cases) {
    const response = await app.request(link.path, { user: null, ...init });
    const body = await response.text();
    const what = JSON.stringify(init);
    assert.equal(response.status, status, what);
    if (text !== null) assert.equal(body, text, what);
  }
});

Deno.test("A picture comes smaller by its link, which is a use like any other", async () => {
  await using app = await startApp();
  const photo = new Uint8Array(await drawing({ width: 600, height: 400 }).jpeg().toBuffer());
  const file = await putFile(app, { body: photo, fileName: "photo.jpeg" });
  const link = await makeLink(app, file.id);
  const ask = (query: string, init: RequestInit = {}) =>
    app.request(`${link.path}?${query}`, { user: null, ...init });
  const page = await (await ask("variant=small", { headers: CHROME })).text();
  assert.match(page, /href="\?variant=small&(amp;)?download=1"/);
  assert.equal(await usesOf(app, file.id, link), 0);
  const small = await ask("variant=small&download=1");
  assert.match(small.headers.get("Content-Disposition")!, /^attachment; filename=photo\.jpg/);
  const { width, height } = await sharp(await small.bytes()).metadata();
  assert.deepEqual([width, height], [400, 267]);
  assert.equal(await usesOf(app, file.id, link), 1);
  const owners = await app.request(`${file.url}?variant=small`);
  assert.equal(owners.headers.get("ETag"), small.headers.get("ETag"));
  await owners.body?.cancel();
  assert.equal(await visit(app, { path: `${link.path}?variant=large` }), 200, "within the same download");
  const other = { path: `${link.path}?variant=large` };
  assert.equal(await visit(app, other, { as: "another" }), "link-used-up");
  assert.equal(await visit(app, { path: `${link.path}?variant=huge` }), "invalid-request");
  const text = await putFile(app, { body: "text", fileName: "a.txt" });
  const { path } = await makeLink(app, text.id);
  assert.equal(await visit(app, { path: `${path}?variant=small` }), "no-variant");
});

Deno.test("A link that does not exist is not found, whatever it looks like", async () => {
  await using app = await startApp();
  const paths = ["A".repeat(43), "A".repeat(42), "x", "a".repeat(5000), "%00", "..%2f..%2fetc%2fpasswd", "é"];
  for (const name of paths) assert.equal(await visit(app, { path: `/d/${name}` }), "not-found", name);
});

Deno.test("What sends no bytes uses nothing up: HEAD, 304, 412, 416, the page", async () => {
  const { app, file, link } = await fileWithLink();
  await using _ = app;
  const asked: [Parameters<typeof visit>[2], number | string][] = [
    [{ method: "HEAD" }, 200],
    [{ headers: { "If-None-Match": `"${file.sha256}"` } }, 304],
    [{ headers: { "If-Match": '"x"' } }, "precondition-failed"],
    [{ range: "bytes=10-" }, "range-not-satisfiable"],
    [{ headers: CHROME }, 200],
  ];
  for (const [init, expected] of asked) assert.equal(await visit(app, link, init), expected);
  assert.deepEqual(await usesOf(app, file.id, link), 0);
  assert.equal(await visit(app, link), 200);
  assert.equal(await usesOf(app, file.id, link), 1);
});

Deno.test("Link previews use nothing up, whatever they ask for", async () => {
  const { app, file, link } = await fileWithLink();
  await using _ = app;
  const previewers: [string, Record<string, string>][] = [
    ["facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", {
      Range: "bytes=0-524287",
    }],
    ["Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", { Range: "bytes=0-32768", Accept: "*/*" }],
    ["WhatsApp/2.23.20.0", {}],
    ["TelegramBot (like TwitterBot)", {}],
    ["Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", {}],
    ["LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)", {}],
    ["Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5", { Accept: "*/*" }],
    ["Twitterbot/1.0", {}],
    ["Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0", {}],
    ["http.rb/5.1.1 (Mastodon/4.2.0; +https://example.social/) Bot", {}],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36", CHROME],
  ];
  for (const [agent, headers] of previewers) {
    for (const method of ["HEAD", "GET"]) {
      const response = await app.request(link.path, {
        method,
        user: null,
        headers: { ...headers, "User-Agent": agent },
      });
      const text = await response.text();
      assert.equal(response.status, 200, agent);
      assert.match(response.headers.get("Content-Type")!, /^text\/html/, agent);
      assert.ok(!text.includes("0123456789"), agent);
      if (method === "GET") assert.match(text, /<meta property="og:title" content="数据/);
    }
  }
  assert.equal(await usesOf(app, file.id, link), 0);
  assert.equal(await visit(app, link, { as: "curl/8" }), 200);
});

Deno.test("A download goes on for its client until 15 minutes after its last byte, in any number of requests", async () => {
  const { app, file, link } = await fileWithLink({ maxUses: 2 });
  await using _ = app;
  const begun = app.clock;
  assert.equal(await visit(app, link, { range: "bytes=0-1" }), 206);
  assert.equal(Date.parse((await shown(app, file.id, link)).lastUsedAt), begun);
  await Promise.all(["bytes=2-3", "bytes=4-5", "bytes=6-"].map((range) => visit(app, link, { range })));
  app.clock += 15 * MINUTE - 1;
  assert.equal(await visit(app, link), 200);
  app.clock += 15 * MINUTE - 1;
  assert.equal(await visit(app, link, { method: "HEAD" }), 200, "which sends nothing, so prolongs nothing");
  assert.equal(await usesOf(app, file.id, link), 1);
  app.clock += 1;
  assert.equal(await visit(app, link), 200);
  assert.equal(await usesOf(app, file.id, link), 2);
  app.clock += 15 * MINUTE;
  assert.equal(await visit(app, link), "link-used-up");
  assert.equal((await shown(app, file.id, link)).status, "exhausted");
});

Deno.test("A download lasts a day at most", async () => {
  const { app, file, link } = await fileWithLink({ validHours: 100 });
  await using _ = app;
  const begun = app.clock;
  while (app.clock < begun + 24 * HOUR) {
    assert.equal(await visit(app, link, { range: "bytes=0-0" }), 206);
    app.clock += 10 * MINUTE;
  }
  app.clock = begun + 24 * HOUR - 1;
  assert.equal(await visit(app, link, { range: "bytes=0-0" }), 206);
  app.clock = begun + 24 * HOUR;
  assert.equal(await visit(app, link), "link-used-up");
  assert.equal(await usesOf(app, file.id, link), 1);
});

Deno.test("An expired link lets nobody in but whose download goes on", async () => {
  const { app, file, link } = await fileWithLink({ maxUses: 0, validHours: 1 });
  await using _ = app;
  app.clock += HOUR - 1;
  assert.equal(await visit(app, link, { as: "one" }), 200);
  app.clock += 1;
  assert.equal(await visit(app, link, { as: "other" }), "link-expired");
  assert.equal(await visit(app, link, { as: "other", method: "HEAD" }), 403);
  assert.equal(await visit(app, link, { as: "one", range: "bytes=5-" }), 206);
  assert.equal((await shown(app, file.id, link)).status, "expired");
  app.clock += 15 * MINUTE;
  assert.equal(await visit(app, link, { as: "one" }), "link-expired");
});

Deno.test("A link that is used up tells others so, and goes on for who used it", async () => {
  const { app, link } = await fileWithLink();
  await using _ = app;
  assert.equal(await visit(app, link, { as: "one" }), 200);
  for (const init of [{}, { range: "bytes=0-0" }, { headers: { "If-None-Match": "*" } }]) {
    assert.equal(await visit(app, link, { as: "other", ...init }), "link-used-up");
  }
  assert.equal(await visit(app, link, { as: "one", range: "bytes=9-" }), 206);
});

Deno.test("A client is its address, its program and who is signed in", async () => {
  const { app, file, link } = await fileWithLink({ maxUses: 0 });
  await using _ = app;
  const clients: [Parameters<typeof visit>[2], number][] = [
    [{ peer: "192.0.2.1", as: "curl" }, 1],
    [{ peer: "192.0.2.1", as: "curl" }, 1],
    [{ peer: "::ffff:192.0.2.1", as: "curl" }, 1],
    [{ peer: "192.0.2.2", as: "curl" }, 2],
    [{ peer: "192.0.2.1", as: "wget" }, 3],
    [{ peer: "192.0.2.1" }, 4],
    [{ peer: "192.0.2.1", as: "curl", user: ALICE }, 5],
    [{ peer: "192.0.2.1", as: "curl", user: BOB }, 6],
    [{ peer: "2001:db8:0:1::1", as: "curl" }, 7],
    [{ peer: "2001:db8:0:1:ffff::2", as: "curl" }, 7],
    [{ peer: "2001:db8:0:2::1", as: "curl" }, 8],
  ];
  for (const [client, uses] of clients) {
    assert.equal(await visit(app, link, client), 200);
    assert.equal(await usesOf(app, file.id, link), uses, JSON.stringify(client));
  }
});

Deno.test("A link for one person wants that person signed in", async () => {
  const { app, file, link } = await fileWithLink({ authorizedUserId: "bob" });
  await using _ = app;
  for (const user of [null, ALICE, ADMIN]) assert.equal(await visit(app, link, { user }), "link-wrong-user");
  assert.equal(await usesOf(app, file.id, link), 0);
  assert.equal(await visit(app, link, { user: BOB }), 200);
});

Deno.test("A link for one network looks at the real address: behind trusted proxies only is it the header's", async () => {
  const proxied = { env: { PAWL_TRUSTED_PROXIES: "10.0.0.0/8" } };
  const { app, file, link } = await fileWithLink({ authorizedIp: "192.0.2.0/24", maxUses: 0 }, proxied);
  await using _ = app;
  const from = (peer: string, forwarded?: string) =>
    visit(app, link, {
      peer,
      ...(forwarded === undefined ? {} : { headers: { "X-Forwarded-For": forwarded } }),
    });

  assert.equal(await from("192.0.2.1"), 200);
  assert.equal(await from("10.0.0.1", "192.0.2.9"), 200);
  assert.equal(await from("10.0.0.1", "203.0.113.1, 192.0.2.9"), 200);
  const refused: [string, string?][] = [
    ["203.0.113.1"],
    ["203.0.113.1", "192.0.2.1"], // no proxy of ours
    ["10.0.0.1"],
    ["10.0.0.1", "203.0.113.1"],
    ["10.0.0.1", "192.0.2.1, 203.0.113.1"],
    ["10.0.0.1", "192.0.2.1, nonsense"],
    ["2001:db8::1"],
  ];
  const before = await usesOf(app, file.id, link);
  for (const [peer, forwarded] of refused) {
    assert.equal(await from(peer, forwarded), "link-wrong-address", `${peer} ${forwarded}`);
  }
  assert.equal(await visit(app, link), "link-wrong-address", "without any address");
  assert.equal(await usesOf(app, file.id, link), before);
});

Deno.test("A link that was taken back lets nobody in, also whose download went on", async () => {
  const { app, link } = await fileWithLink();
  await using _ = app;
  assert.equal(await visit(app, link), 200);
  await app.json("DELETE", `/api/v1/tokens/${link.id}`);
  for (const init of [{}, { method: "HEAD" }, { range: "bytes=0-0" }, { as: "other" }]) {
    assert.equal(await visit(app, link, init), init.method ? 403 : "link-revoked");
  }
});

Deno.test("A running download breaks off when its link is taken back", async () => {
  await using app = await startApp();
  const file = await putFile(app, { body: randomBytes(20_000_000, { seed: 1 }) });
  const link = await makeLink(app, file.id);
  const response = await app.request(link.path, { user: null });
  const reader = response.body!.getReader();
  assert.ok((await reader.read()).value!.length > 0);
  await app.json("DELETE", `/api/v1/tokens/${link.id}`);
  const rest = async () => {
    while (!(await reader.read()).done);
  };
  await assert.rejects(rest, { code: "link-revoked" });
});

Deno.test("A file in the recycle bin is refused and comes back with it; one that is gone takes its links along", async () => {
  const { app, file, link } = await fileWithLink();
  await using _ = app;
  await app.json("DELETE", `/api/v1/attachments/${file.id}`);
  assert.equal(await visit(app, link), "link-file-deleted");
  assert.equal(await usesOf(app, file.id, link), 0);
  await app.json("POST", `/api/v1/attachments/${file.id}/restore`);
  assert.equal(await visit(app, link), 200);
  await app.json("DELETE", `/api/v1/attachments/${file.id}?permanent=true`);
  assert.equal(await visit(app, link), "not-found");
  assert.equal((await app.json("DELETE", `/api/v1/tokens/${link.id}`)).status, 204);
});

Deno.test("Bytes that are lost use nothing up", async () => {
  const { app, file, link } = await fileWithLink();
  await using _ = app;
  await Deno.remove(`${app.config.dataDir}/blobs`, { recursive: true });
  assert.equal(await visit(app, link), "blob-missing");
  assert.equal(await usesOf(app, file.id, link), 0);
});

Deno.test("A download counts once for the file, as often as it is asked for in parts", async () => {
  const { app, file, link } = await fileWithLink({ maxUses: 0 });
  await using _ = app;
  const count = async () => (await app.json("GET", `/api/v1/attachments/${file.id}`)).body.downloadCount;
  for (const range of ["bytes=0-1", "bytes=2-", "bytes=0-"]) await visit(app, link, { range });
  assert.equal(await count(), 1);
  await visit(app, link, { as: "other" });
  assert.equal(await count(), 2);
});

Deno.test("Uses and downloads that go on survive a restart", async () => {
  const { app, file, link } = await fileWithLink();
  await using _ = app;
  assert.equal(await visit(app, link, { as: "one" }), 200);
  await app.restart();
  assert.equal(await visit(app, link, { as: "other" }), "link-used-up");
  assert.equal(await visit(app, link, { as: "one" }), 200);
  app.clock += 14 * MINUTE;
  await app.restart();
  assert.equal(await visit(app, link, { as: "one" }), 200);
  app.clock += 14 * MINUTE;
  await app.restart();
  assert.equal(await visit(app, link, { as: "one" }), 200, "later bytes are stored, too");
  app.clock += 16 * MINUTE;
  await app.restart();
  assert.equal(await visit(app, link, { as: "one" }), "link-used-up");
  assert.equal(await usesOf(app, file.id, link), 1);
});

Deno.test("A long response keeps its download going, also when it is slow and for a restart behind it", async () => {
  await using app = await startApp();
  const file = await putFile(app, { body: randomBytes(8_000_000, { seed: 2 }) });
  const link = await makeLink(app, file.id);
  const response = await app.request(link.path, { user: null });
  const reader = response.body!.getReader();
  for (let n = 0; n < 3; n++) {
    app.clock += 20 * MINUTE;
    await reader.read();
    assert.equal(await visit(app, link, { range: "bytes=0-0" }), 206, "while it runs");
  }
  await app.services.core.background.settled();
  await reader.cancel();
  app.clock += 15 * MINUTE - 1;
  assert.equal(await visit(app, link, { range: "bytes=0-0" }), 206);
  app.clock += 15 * MINUTE - 1;
  await app.restart();
  assert.equal(await visit(app, link, { range: "bytes=0-0" }), 206);
  assert.equal(await usesOf(app, file.id, link), 1);
});

Deno.test("Another process that takes the link back is noticed within a minute", async () => {
  await using app = await startApp();
  const file = await putFile(app, { body: randomBytes(8_000_000, { seed: 3 }) });
  const link = await makeLink(app, file.id);
  const response = await app.request(link.path, { user: null });
  const reader = response.body!.getReader();
  await reader.read();
  await revokeBehindTheBack(app, link);
  app.clock += MINUTE;
  await reader.read();
  await app.services.core.background.settled();
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  }, { code: "link-revoked" });
});

/** As another server on the same records does it. */
async function revokeBehindTheBack(app: TestApp, { id }: Link): Promise<void> {
  const { keys } = await import("../../services/records/keys.ts");
  const { records } = app.services.core;
  await records.transact(async (commit) => {
    const token = await records.get<Record<string, unknown>>(keys.token(id));
    commit.set(token.key, { ...token.value, revokedAt: app.clock });
  });
}

Deno.test("The audit has who made, used and took back a link", async () => {
  const { app, link } = await fileWithLink();
  await using _ = app;
  app.clock += SECOND;
  await visit(app, link, { peer: "192.0.2.1" });
  await visit(app, link, { peer: "192.0.2.1", range: "bytes=0-0" });
  app.clock += SECOND;
  await visit(app, link, { peer: "192.0.2.2" });
  app.clock += SECOND;
  await app.json("DELETE", `/api/v1/tokens/${link.id}`);
  await app.services.core.background.settled();
  const { body } = await app.json("GET", "/api/v1/admin/audit", { user: ADMIN });
  interface Entry {
    action: string;
    actor: { id: string | null; address: string };
    target: { id: string };
    result: string;
  }
  const told = (body.items as Entry[])
    .filter(({ action }) => action.startsWith("token.") || action === "request.refused")
    .map(({ action, actor, target, result }) => [action, actor.id ?? actor.address, target.id, result])
    .toReversed();
  assert.deepEqual(told, [
    ["token.create", "alice", link.id, "done"],
    ["token.use", "192.0.2.1", link.id, "done"],
    ["request.refused", "192.0.2.2", link.id, "link-used-up"],
    ["token.revoke", "alice", link.id, "done"],
  ]);
  assert.ok(!JSON.stringify(body).includes(link.token), "never the token itself");
});
