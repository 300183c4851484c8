import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { person } from "../support/cli.ts";
import { cliServer } from "../support/cli_server.ts";
import { listen } from "../support/listening_app.ts";

Deno.test("login keeps the sign-in for its person alone, from a pipe, a link or a token", async () => {
  await using server = await cliServer();
  await using me = await person(null);
  const file = me.join(".config/pawl/servers.json");

  const before = await me.run(["ls"]);
  assert.deepEqual([before.code, before.stdout], [3, ""]);
  assert.match(before.stderr, /^pawl: Not signed in yet\. .*pawl login/);

  const piped = await me.run(["login", server.url.href], { stdin: `${server.token}\n` });
  assert.equal(piped.code, 0, piped.stderr);
  assert.match(
    piped.stdout,
    /^Signed in to http:\/\/127\.0\.0\.1:\d+\/ as alice, until \d{4}-\d\d-\d\d \d\d:\d\d\.\n$/,
  );
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  assert.equal((await Deno.stat(me.join(".config/pawl"))).mode! & 0o777, 0o700);
  assert.equal((await me.run(["ls"])).code, 0);

  // Somebody opened it to others; using it closes it again.
  await Deno.chmod(file, 0o644);
  assert.equal((await me.run(["whoami", "-q"])).stdout, "alice\n");
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);

  const out = await me.run(["logout"]);
  assert.equal(out.stdout, `Signed out of ${server.url}.\n`);
  assert.doesNotMatch(await Deno.readTextFile(file), /eyJ/);
  assert.equal((await me.run(["ls"])).code, 3);
  assert.equal((await me.run(["logout"])).code, 3);

  for (
    const [args, stdin] of [
      [["login", `${server.url}#token=${server.token}`], ""],
      [["login"], `  ${server.url}#token=${server.token}  \n`],
      [["login", "--server", server.url.host], `Bearer ${server.token}`],
    ] as const
  ) {
    const { code, stderr } = await me.run([...args], { stdin });
    assert.equal(code, 0, stderr);
    assert.equal((await me.run(["ls"])).code, 0);
    assert.equal((await me.run(["logout", "--all"])).code, 0);
  }
});

Deno.test("login refuses what does not sign in, keeps nothing of it and never repeats it", async () => {
  await using server = await cliServer();
  await using me = await person(null);
  const address = server.url.href;
  const wrong = `${server.token.slice(0, -6)}AAAAAA`;
  for (
    const [args, stdin, code, message] of [
      [["login", address], wrong, 3, /does not take this token/],
      [["login", address], "", 2, /Nothing was given/],
      [["login"], server.token, 2, /For which server/],
      [
        ["login", address],
        "https://other.example/#token=abc",
        2,
        /The link is for https:\/\/other\.example\//,
      ],
      [["login", "ftp://x.example/"], "", 2, /no address of a server/],
      [["login", "https://me:secret-word@x.example/"], "", 2, /must not hold/],
      [["login", `${address}#token=%0d%0aX`], "", 2, /not whole/],
    ] as const
  ) {
    const end = await me.run([...args], { stdin });
    assert.equal(end.code, code, end.stderr);
    assert.match(end.stderr, message);
    assert.equal(end.stdout, "");
    assert.doesNotMatch(end.stderr, /eyJ|secret-word|abc/);
  }
  await assert.rejects(Deno.stat(me.join(".config")), Deno.errors.NotFound);
});

Deno.test("PAWL_TOKEN is sent to the server of PAWL_SERVER and to no other one", async () => {
  await using server = await cliServer();
  const seen: (string | null)[] = [];
  await using other = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    seen.push(request.headers.get("authorization"));
    return Response.json({ code: "unauthenticated", detail: "Sign in first." }, { status: 401 });
  });
  const address = `http://127.0.0.1:${other.addr.port}/`;

  assert.equal((await server.me.run(["ls"])).code, 0);
  const elsewhere = await server.me.run(["ls", "--server", address]);
  assert.deepEqual([elsewhere.code, elsewhere.stdout], [3, ""]);
  assert.match(elsewhere.stderr, /Not signed in to http:\/\/127/);
  // Also when nothing says whose it is, and for what only looks like the server's.
  for (const named of [server.url.href, "", `${address}sub/`]) {
    for (const what of [`${address}d/some-link`, `${address}api/v1/attachments/7`, `${address}film.mp4`]) {
      const link = await server.me.run(["down", what], { env: { PAWL_SERVER: named } });
      assert.equal(link.code, 3, link.stderr);
    }
  }
  assert.deepEqual(new Set(seen), new Set([null]));
});

Deno.test("where signing in is switched off nothing is asked for", async () => {
  await using app = await startApp({ env: { PAWL_AUTH: "off" } });
  await using listening = listen(app);
  await using me = await person(null);
  const { code, stdout, stderr } = await me.run(["login", listening.url.href]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /as local \(administrator\)\.\n$/);
  assert.equal((await me.run(["whoami", "-q"])).stdout, "local\n");
});

Deno.test("a sign-in that has ended, or whose file is damaged, says how to go on", async () => {
  await using server = await cliServer();
  await using me = await person(null);
  await me.run(["login", server.url.href], { stdin: server.token });
  const file = me.join(".config/pawl/servers.json");
  const ended = (await Deno.readTextFile(file)).replace(server.token, `${server.token.slice(0, -6)}AAAAAA`);
  await Deno.writeTextFile(file, ended);
  const { code, stderr } = await me.run(["ls"]);
  assert.equal(code, 3);
  assert.match(stderr, /Sign in with: pawl login/);

  await Deno.writeTextFile(file, "{ not JSON");
  const broken = await me.run(["ls"]);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /servers\.json is damaged/);
});
