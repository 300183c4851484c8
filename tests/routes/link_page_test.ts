import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { BOB, startApp } from "../support/app.ts";
import { type Link, makeLink, usesOf, visit } from "../support/links.ts";
import { putFile } from "../support/stored_files.ts";

const HTML = "text/html,application/xhtml+xml,*/*;q=0.8";

async function open(
  app: Awaited<ReturnType<typeof startApp>>,
  link: Link,
  headers: Record<string, string> = {},
) {
  const response = await app.request(link.path, { user: null, headers: { Accept: HTML, ...headers } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

Deno.test("The page shows name, size, terms and a button, and nothing in a name can get out of its place", async () => {
  await using app = await startApp({ pawlJson: { siteName: 'Files & "more"' } });
  const fileName = `a"><script>alert(1)</script><img src=x onerror=alert(1)>.txt`.replaceAll("/", "∕");
  const { id, sha256 } = await putFile(app, { fileName, body: new Uint8Array(5_300_000) });
  const { status, text, headers } = await open(app, await makeLink(app, id, { maxUses: 2 }));
  assert.equal(status, 200);
  assert.match(headers.get("Content-Type")!, /^text\/html/);
  assert.equal(headers.get("Cache-Control"), "private, no-store");
  assert.match(text, /<h1>a&quot;&gt;&lt;script&gt;alert/);
  assert.ok(
    !/<script|<img(?! src="data:image\/svg\+xml;base64,)/.test(text),
    "nothing of the name is markup",
  );
  assert.match(text, /Files &amp; &quot;more&quot;/);
  assert.match(text, /5\.05 MB/);
  assert.match(text, /for 2 downloads/);
  assert.match(text, new RegExp(new Date(app.clock + 3_600_000).toISOString()));
  assert.match(text, /href="\?download=1"/);
  assert.ok(text.includes(sha256));
});

Deno.test("The page runs nothing, fetches nothing, and has exactly the style sheet that its policy names", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const { text, headers } = await open(app, await makeLink(app, id));
  const [, style] = /<style>([^]*?)<\/style>/.exec(text)!;
  const digest = createHash("sha256").update(style!).digest("base64");
  assert.equal(
    headers.get("Content-Security-Policy"),
    `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  assert.equal(headers.get("Referrer-Policy"), "no-referrer");
  const addresses = [...text.matchAll(/(?:src|href|url\()=?"?([^">)]*)/g)].map(([, address]) => address!);
  assert.ok(
    addresses.every((address) => address === "?download=1" || address.startsWith("data:")),
    `${addresses}`,
  );
});

Deno.test("The page speaks English or Chinese, as the browser likes", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const link = await makeLink(app, id);
  const cases: [string | null, "en" | "zh"][] = [
    [null, "en"],
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
    ["zh-Hant-TW", "zh"],
    ["en-US,en;q=0.9,zh;q=0.8", "en"],
    ["de,zh;q=0.5", "zh"],
    ["de", "en"],
    ["en;q=0.1, ZH;q=0.2", "zh"],
    ["zh;q=0", "en"],
    ["\u00ff;;q=,,", "en"],
  ];
  for (const [liked, language] of cases) {
    const { text, headers } = await open(app, link, liked === null ? {} : { "Accept-Language": liked });
    assert.match(text, new RegExp(`<html lang="${language}">`), `${liked}`);
    assert.match(text, language === "zh" ? />下载</ : />Download</);
    assert.equal(headers.get("Content-Language"), language);
  }
});

Deno.test("Who gets the page, and who the bytes", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const link = await makeLink(app, id, { maxUses: 0 });
  const cases: [Record<string, string>, "page" | "bytes", string?][] = [
    [{ Accept: HTML }, "page"],
    [{ Accept: "TEXT/HTML" }, "page"],
    [{ Accept: HTML, "Sec-Fetch-Mode": "navigate" }, "page"],
    [{ Accept: HTML, "If-None-Match": "*" }, "page"],
    [{ Accept: HTML }, "bytes", "?download=1"],
    [{ Accept: HTML }, "page", "?download=0"],
    [{ Accept: HTML, Range: "bytes=0-" }, "bytes"],
    [{ Accept: HTML, "Sec-Fetch-Mode": "cors" }, "bytes"],
    [{ Accept: "*/*" }, "bytes"],
    [{}, "bytes"],
    [{ Accept: "image/avif,image/webp,*/*;q=0.8", "Sec-Fetch-Dest": "image" }, "bytes"],
    [{ Accept: "text/html;q=0, */*" }, "bytes"],
    [{ Accept: "text/*" }, "bytes"],
    [{ "User-Agent": "Slackbot 1.0" }, "page"],
    [{ "User-Agent": "Slackbot 1.0" }, "bytes", "?download=1"],
    [{ "User-Agent": "curl/8.5 (robotics lab)" }, "bytes"],
  ];
  for (const [headers, expected, query = ""] of cases) {
    for (const method of ["GET", "HEAD"]) {
      const response = await app.request(link.path + query, { method, user: null, headers });
      const isPage = response.headers.get("Content-Type")!.startsWith("text/html");
      await response.body?.cancel();
      assert.equal(isPage, expected === "page", `${method} ${JSON.stringify(headers)} ${query}`);
      assert.match(response.headers.get("Vary")!, /Accept.*Range.*User-Agent/);
    }
  }
});

Deno.test("People read why a link lets them not in, programs get the code", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const unknown: Link = { id: "", token: "", path: `/d/${"A".repeat(43)}` };
  const revoked = await makeLink(app, id);
  await app.json("DELETE", `/api/v1/tokens/${revoked.id}`);
  const usedUp = await makeLink(app, id);
  await visit(app, usedUp, { as: "somebody" });
  const bound = await makeLink(app, id, { authorizedUserId: "bob" });
  const elsewhere = await makeLink(app, id, { authorizedIp: "192.0.2.1" });
  const cases: [Link, number, string, RegExp, RegExp][] = [
    [unknown, 404, "not-found", /There is no such link/, /没有这个链接/],
    [revoked, 403, "link-revoked", /was taken back/, /已被撤回/],
    [usedUp, 403, "link-used-up", /is used up/, /次数已用完/],
    [bound, 403, "link-wrong-user", /for one person/, /仅限一人/],
    [elsewhere, 403, "link-wrong-address", /another network/, /另一个网络/],
  ];
  for (const [link, status, code, english, chinese] of cases) {
    assert.equal(await visit(app, link), code);
    for (const query of ["", "?download=1"]) {
      const asked = { ...link, path: link.path + query };
      const inEnglish = await open(app, asked);
      assert.equal(inEnglish.status, status);
      assert.match(inEnglish.headers.get("Content-Type")!, /^text\/html/);
      assert.match(inEnglish.text, english);
      assert.ok(
        inEnglish.text.includes(code) && inEnglish.text.includes(inEnglish.headers.get("X-Request-Id")!),
      );
      assert.match((await open(app, asked, { "Accept-Language": "zh" })).text, chinese);
    }
  }
});

Deno.test("Whoever comes from another site is offered to open a personal link again, because their cookie stayed behind", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const link = await makeLink(app, id, { authorizedUserId: "bob" });
  const { text } = await open(app, link, { "Sec-Fetch-Site": "cross-site" });
  assert.match(text, /<a class="button main" href="">/);
  assert.match(text, /<a class="button" href="\/">/);
  assert.ok(!text.includes("file.bin"), "its name is told to nobody else");
  const response = await app.request(link.path, { user: BOB, headers: { Accept: HTML } });
  assert.match(await response.text(), /<h1>file\.bin<\/h1>/);
});

Deno.test("Reading the page uses nothing up, and it tells who has begun that they can go on", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const link = await makeLink(app, id);
  for (let n = 0; n < 5; n++) assert.match((await open(app, link)).text, /for one download/);
  assert.equal(await usesOf(app, id, link), 0);
  await visit(app, { path: `${link.path}?download=1` }, { accept: HTML });
  assert.match((await open(app, link)).text, /You have begun this download/);
  assert.equal(await usesOf(app, id, link), 1);
  assert.equal((await open(app, link, { "User-Agent": "another browser" })).status, 403);
});
