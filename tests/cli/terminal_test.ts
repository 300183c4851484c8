import assert from "node:assert/strict";
import { person } from "../support/cli.ts";
import { assertSameBytes } from "../support/client_program.ts";
import { startProxy } from "../support/proxy.ts";
import { openTerminal } from "../support/pseudo_terminal.ts";
import { randomBytes, randomSha256 } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";

const MIB = 1024 * 1024;
const root = new URL("../../", import.meta.url).pathname;

Deno.test("bars show what is on its way up; Ctrl-C keeps what was sent, and the same command goes on", async () => {
  await using server = await startServer();
  await using proxy = await startProxy(server.url);
  await using me = await person({ url: proxy.url, token: await server.token() });
  const size = 8 * MIB;
  await Deno.writeFile(me.join("film.mp4"), randomBytes(size, { seed: 1 }));
  proxy.setFault({ kind: "slow", direction: "up", bytesPerSecond: MIB / 2 });

  await using first = await me.terminal(["up", "film.mp4"]);
  await first.shows(/^film\.mp4 +[━─]{8,} +[1-9]\d? % .*[kM]B\/s +\d+:\d\d left$/m);
  assert.equal(first.cursorVisible, false);
  // By then something has been acknowledged.
  await first.shows(/^film\.mp4 .* [2-9]\d % /m);
  await first.type("\x03");
  assert.equal(await first.ended, 130);
  const kept =
    /^film\.mp4: (\S+ [kM]B) of 8\.39 MB are there\.\nStopped\. What was sent is kept: run the same/m
      .exec(first.text());
  assert.ok(kept, first.text());
  assert.doesNotMatch(first.text(), /━|─/);
  assert.equal(first.cursorVisible, true);

  // What is still in the proxy's pipes would arrive late.
  proxy.cutAll({ reset: true });
  proxy.setFault({ kind: "pass" });
  const before = proxy.passed.up;
  await using second = await me.terminal(["up", "film.mp4"]);
  assert.equal(await second.ended, 0);
  const [, id, resumed] =
    /^(\d+) {2}film\.mp4 {2}\(8\.39 MB in .*, went on from (\S+ [kM]B)\)$/m.exec(second.text()) ?? [];
  assert.ok(id, second.text());
  const { sha256, size: stored } = await (await server.fetch(`/api/v1/attachments/${id}`)).json();
  assert.deepEqual([stored, sha256], [size, randomSha256(size, { seed: 1 })]);
  assert.equal(resumed, kept[1]);
  assert.ok(proxy.passed.up - before < size, "all was sent again");
});

Deno.test("a download goes on after Ctrl-C, byte for byte; a narrow terminal shows less and wraps nothing", async () => {
  await using server = await startServer();
  await using proxy = await startProxy(server.url);
  await using me = await person({ url: proxy.url, token: await server.token() });
  const bytes = randomBytes(6 * MIB, { seed: 2 });
  const name = "一个名字很长的文件 with a long name 🎉.mov";
  const path = `/api/v1/files/${encodeURIComponent(name)}`;
  await (await server.fetch(path, { method: "PUT", body: bytes })).body?.cancel();
  proxy.setFault({ kind: "slow", direction: "down", bytesPerSecond: MIB / 8 });

  await using first = await me.terminal(["down", name], { columns: 40 });
  await first.shows(/^一.*mov +[━─]{8,} +[1-9]\d? %$/m);
  const narrow = first.rows().filter((row) => row.includes("%"));
  assert.equal(narrow.length, 1, first.text());
  await first.resize(100);
  await first.shows(/mov +[━─]{8,} +[1-9]\d? % .* of 6\.29 MB .* left$/m);
  await first.type("\x03");
  assert.equal(await first.ended, 130);
  assert.match(first.text(), /What has arrived is kept in \.part files: run the same command again/);
  const { size: kept } = await Deno.stat(me.join(`${name}.part`));
  assert.ok(kept > 0 && kept < bytes.length);

  // What is still in the proxy's pipes would be counted late.
  proxy.cutAll({ reset: true });
  proxy.setFault({ kind: "pass" });
  const before = proxy.passed.down;
  await using second = await me.terminal(["down", name]);
  assert.equal(await second.ended, 0);
  assert.match(second.text(), /\(6\.29 MB in .*, went on from .*, digest right\)/);
  assertSameBytes(await Deno.readFile(me.join(name)), bytes);
  assert.ok(proxy.passed.down - before < bytes.length, "all was fetched again");
});

Deno.test("several files have a bar each and one for all; what is done moves above them", async () => {
  await using server = await startServer();
  await using proxy = await startProxy(server.url);
  await using me = await person({ url: proxy.url, token: await server.token() });
  await Deno.mkdir(me.join("set"));
  const sizes = { "a.bin": 10, "b.bin": 3 * MIB, "c.bin": 3 * MIB };
  for (const [name, size] of Object.entries(sizes)) {
    await Deno.writeFile(
      me.join(`set/${name}`),
      randomBytes(size, { seed: size + name.length + name.charCodeAt(0) }),
    );
  }
  proxy.setFault({ kind: "slow", direction: "up", bytesPerSecond: MIB });
  await using terminal = await me.terminal(["up", "set"]);
  await terminal.shows(
    /^\d+ {2}set\/a\.bin {2}\(10 B in .*\)\nset\/b\.bin +[━─]+ .*\nset\/c\.bin +[━─]+ .*\n1 of 3 files +[━─]+ +\d+ %/m,
  );
  assert.equal(await terminal.ended, 0);
  assert.match(terminal.text(), /^(\d+ {2}set\/[abc]\.bin {2}\(.*\)\n?){3}$/);
});

Deno.test("a server that is killed and started again loses nothing: the command says so and goes on by itself", async () => {
  await using server = await startServer();
  await using proxy = await startProxy(server.url);
  await using me = await person({ url: proxy.url, token: await server.token() });
  const size = 6 * MIB;
  await Deno.writeFile(me.join("film.mp4"), randomBytes(size, { seed: 6 }));
  proxy.setFault({ kind: "slow", direction: "up", bytesPerSecond: MIB / 2 });
  await using terminal = await me.terminal(["up", "film.mp4", "--parallel", "2"]);
  await terminal.shows(/^film\.mp4 .* [2-9]\d % /m);
  await server.kill();
  await terminal.shows(/^film\.mp4 .* % {2}no connection, (again in 0:\d\d|trying again)/m);
  await server.restart();
  proxy.setTarget(server.url);
  proxy.setFault({ kind: "pass" });
  assert.equal(await terminal.ended, 0, terminal.text());
  const [, id] = /^(\d+) {2}film\.mp4 {2}\(6\.29 MB in .*\)$/m.exec(terminal.text()) ?? [];
  const { sha256 } = await (await server.fetch(`/api/v1/attachments/${id}`)).json();
  assert.equal(sha256, randomSha256(size, { seed: 6 }));
});

Deno.test("through deno task, one Ctrl-C stops; with NO_COLOR there are plain lines and no escape sequences", async () => {
  await using server = await startServer();
  await using proxy = await startProxy(server.url);
  const token = await server.token();
  await using me = await person({ url: proxy.url, token });
  await Deno.writeFile(me.join("film.mp4"), randomBytes(4 * MIB, { seed: 3 }));
  proxy.setFault({ kind: "stall", direction: "up", bytes: MIB });

  const task = ["task", "-q", "--config", `${root}deno.json`, "pawl", "up", "film.mp4"];
  await using terminal = await openTerminal([Deno.execPath(), ...task], {
    cwd: me.join("."),
    env: { ...me.env, NO_COLOR: "1" },
  });
  await proxy.hasPassed("up", MIB);
  await terminal.type("\x03");
  assert.equal(await terminal.ended, 130);
  assert.match(terminal.text(), /run the same command again/);
  // What stands before was printed by Deno, as it started.
  const printed = terminal.raw().slice(terminal.raw().indexOf("^C"));
  assert.ok(!printed.includes("\x1b"), JSON.stringify(printed));
});

Deno.test("the token is not shown while it is pasted; what differs is only overwritten after a yes", async () => {
  await using server = await startServer();
  await using me = await person(null);
  const token = await server.token();
  await using login = await me.terminal(["login", server.url.href], { columns: 60 });
  await login.shows(/Paste the sign-in link or the token/);
  await login.type(`${token}\r`);
  assert.equal(await login.ended, 0);
  assert.match(login.text(), /Signed in to .* as local \(administrator\), until /);
  assert.ok(!login.raw().includes(token.slice(0, 10)), login.raw());

  await (await server.fetch("/api/v1/files/a.txt", { method: "PUT", body: "theirs" })).body?.cancel();
  await Deno.writeTextFile(me.join("a.txt"), "mine");
  for (const [answer, code, content] of [["\r", 1, "mine"], ["y\r", 0, "theirs"]] as const) {
    await using down = await me.terminal(["down", "a.txt"]);
    await down.shows(/a\.txt is there already and differs\. Overwrite it\? \[y\/N\]/);
    await down.type(answer);
    assert.equal(await down.ended, code, down.text());
    assert.equal(await Deno.readTextFile(me.join("a.txt")), content);
  }
  await using stopped = await me.terminal(["login", server.url.href]);
  await stopped.shows(/Paste/);
  await stopped.type("secret\x03");
  assert.equal(await stopped.ended, 130);
});
