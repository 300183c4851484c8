/** The downloads folder as people see it in a browser. */
import assert from "node:assert/strict";
import { MAX_ENTRIES } from "../../services/downloads_folder/folder.ts";
import { startWithFolder as start, status } from "../support/downloads.ts";

Deno.test("a listing that leaves something out says so", async () => {
  await using of = await start({ files: { "a.zip": "x" } });
  const { app, dir } = of;
  for (let n = 1; n < MAX_ENTRIES; n++) await Deno.create(dir.join(`${n}.zip`)).then((file) => file.close());
  const listed = async () => {
    const { body } = await app.json("GET", "/downloads/");
    return [body.entries.length, body.more];
  };
  const page = async () =>
    await (await app.request("/downloads/", { headers: { Accept: "text/html" } })).text();
  assert.deepEqual(await listed(), [MAX_ENTRIES, false]);
  assert.doesNotMatch(await page(), /more in this folder/);
  await Deno.writeTextFile(dir.join("one more.zip"), "x");
  assert.deepEqual(await listed(), [MAX_ENTRIES, true]);
  assert.match(await page(), /more in this folder/);
});

Deno.test("a browser gets a page that works without script, in its language, with names that cannot break out", async () => {
  const hostile = '<img src=x onerror=alert(1)>".zip';
  await using of = await start({ files: { [hostile]: "x", "sub/中文 100%.zip": "y" } });
  const browser = { Accept: "text/html,*/*", "Accept-Language": "zh-CN,en" };
  const answer = await of.app.request("/downloads/", { headers: browser });
  const page = await answer.text();
  assert.match(answer.headers.get("Content-Type")!, /^text\/html/);
  assert.match(answer.headers.get("Content-Security-Policy")!, /^default-src 'none'; style-src 'sha256-/);
  assert.doesNotMatch(page, /<img src=x|<script/);
  assert.match(page, /下载/);
  assert.match(page, /href="\?sort=size&amp;order=asc"/);
  const english = await (await of.app.request("/downloads/", { headers: { Accept: "text/html" } })).text();
  assert.match(english, /1 file, 1 folder/);
  assert.match(english, /<td class="size">1 byte<\/td>/);
  assert.match(
    english,
    /<time datetime="\d{4}-\d\d-\d\dT[^"]+">\d{1,2} [A-Z][a-z]{2,3} \d{4}, \d\d:\d\d UTC<\/time>/,
  );
  const inner = await (await of.app.request("/downloads/sub/", { headers: browser })).text();
  const link = /href="\.\/(%E4%B8%AD[^"]*)"/.exec(inner)![1]!;
  assert.equal(await status(of.app, `/downloads/sub/${link}`), 200);
  const moved = await of.app.request("/downloads/sub?sort=size");
  assert.deepEqual([moved.status, moved.headers.get("Location")], [308, "./sub/?sort=size"]);
});

Deno.test("a browser is told on a page that somebody must sign in, or that there is nothing; programs get the problem", async () => {
  await using of = await start({ files: { "a.zip": "x" } });
  const ask = async (path: string, init: Parameters<typeof of.app.request>[1], accept = "text/html") => {
    const answer = await of.app.request(path, {
      ...init,
      headers: { Accept: accept, "Accept-Language": "en" },
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const anonymous = await ask("/downloads/", { user: null });
  assert.deepEqual([anonymous.status, anonymous.headers.has("WWW-Authenticate")], [401, true]);
  assert.match(anonymous.headers.get("Content-Type")!, /^text\/html/);
  assert.match(anonymous.text, /<h1>Sign in first<\/h1>/);
  assert.match(anonymous.text, /<a href="\/">Sign in<\/a>/);
  const nothing = await ask("/downloads/b.zip", {});
  assert.equal(nothing.status, 404);
  assert.match(nothing.text, /<h1>There is nothing here<\/h1>/);
  assert.match(nothing.text, /<a href="\/downloads\/">/);
  const same = await ask("/downloads/b.zip", { user: null });
  assert.equal(same.text, anonymous.text, "what is there is told to nobody");
  for (const [path, user] of [["/downloads/", null], ["/downloads/b.zip", undefined]] as const) {
    const problem = await ask(path, user === null ? { user } : {}, "*/*");
    assert.equal(problem.headers.get("Content-Type"), "application/problem+json");
  }
});
