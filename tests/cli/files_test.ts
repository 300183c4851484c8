import assert from "node:assert/strict";
import { ADMIN } from "../support/app.ts";
import { cliServer } from "../support/cli_server.ts";

const NAMES = ["report.pdf", "假期 📎 照片.jpg", "empty.txt"];

/** JSON lines. */
const parsed = (text: string) => text.trimEnd().split("\n").filter(Boolean).map((line) => JSON.parse(line));

Deno.test("files go up and are listed, described, deleted, restored and deleted for good", async () => {
  await using server = await cliServer();
  const { me } = server;
  for (const name of NAMES) await Deno.writeTextFile(me.join(name), name === "empty.txt" ? "" : `${name}\n`);

  const up = await me.run(["up", ...NAMES.map(me.join), "--type", "General", "--id", "case 7"]);
  assert.deepEqual([up.code, up.stdout.match(/^\d{17,19} {2}\S.*\(.*\)$/gm)?.length], [0, 3], up.stderr);

  const list = await me.run(["ls"]);
  assert.match(list.stdout, /^ID +SIZE {2}CREATED +TYPE +NAME\n/);
  for (const name of NAMES) assert.match(list.stdout, new RegExp(`General/case 7  ${name}$`, "m"));
  assert.match(list.stdout, / 0 B .*empty\.txt$/m);
  const found = parsed((await me.run(["ls", "照片", "--json"])).stdout);
  assert.deepEqual(found.map(({ fileName }) => fileName), [NAMES[1]]);
  const sorted = parsed((await me.run(["ls", "--sort", "name", "--json"])).stdout);
  assert.deepEqual(sorted.map(({ fileName }) => fileName), ["empty.txt", "report.pdf", NAMES[1]]);
  const limited = await me.run(["ls", "-n", "2", "-q"]);
  assert.match(limited.stdout, /^(\d+\n){2}$/);
  assert.match((await me.run(["ls", "-n", "2"])).stderr, /There are more than 2 files/);

  const info = await me.run(["info", NAMES[1]!]);
  assert.match(info.stdout, new RegExp(`^id +${found[0].id}\\nname +${NAMES[1]}\\n`));
  assert.match(info.stdout, new RegExp(`^sha-256 +${found[0].sha256}$`, "m"));
  assert.match(
    info.stdout,
    new RegExp(`^address +${server.url}api/v1/attachments/${found[0].id}/content$`, "m"),
  );

  assert.equal((await me.run(["rm", NAMES[1]!, `${server.url}api/v1/attachments/${sorted[0].id}`])).code, 0);
  assert.equal((await me.run(["ls", "-q"])).stdout, `${sorted[1].id}\n`);
  assert.match((await me.run(["ls", "--deleted"])).stdout, /^ID +SIZE +DELETED .*\n.*\n.*\n$/);
  const back = await me.run(["restore", NAMES[1]!, "-q"]);
  assert.deepEqual([back.code, back.stdout], [0, `${found[0].id}\n`]);

  const gone = await me.run(["rm", "--permanent", found[0].id]);
  assert.match(gone.stdout, /is gone for good\n$/);
  const missing = await me.run(["info", found[0].id]);
  assert.deepEqual([missing.code, missing.stdout], [4, ""]);
});

Deno.test("a folder goes up with all below it; links inside are skipped, what cannot be read is named", async () => {
  await using server = await cliServer({ user: ADMIN });
  const { me } = server;
  await Deno.mkdir(me.join("photos/2024/trip"), { recursive: true });
  for (const path of ["a.txt", "2024/b.txt", "2024/trip/c.txt", ".hidden"]) {
    await Deno.writeTextFile(me.join(`photos/${path}`), path);
  }
  await Deno.symlink("/etc/passwd", me.join("photos/passwords"));
  await Deno.symlink("..", me.join("photos/2024/round"));

  const { code, stdout, stderr } = await me.run(["up", me.join("photos"), me.join("absent"), "--json"]);
  assert.equal(code, 1);
  const sent = parsed(stdout);
  assert.deepEqual(
    sent.map(({ path }) => path.slice(me.join("photos/").length)).sort(),
    [".hidden", "2024/b.txt", "2024/trip/c.txt", "a.txt"],
  );
  assert.deepEqual(sent.map(({ attachment }) => attachment.fileName).sort(), [
    ".hidden",
    "a.txt",
    "b.txt",
    "c.txt",
  ]);
  assert.deepEqual(parsed(stderr), [{
    error: {
      subject: me.join("absent"),
      code: "ENOENT",
      message: `${me.join("absent")}: there is no such file or folder.`,
      exitCode: 1,
    },
  }]);
  const plain = await me.run(["up", me.join("photos"), me.join("absent")]);
  assert.match(plain.stderr, /photos\/passwords: skipped, it is a symbolic link\./);
  assert.ok(plain.stderr.includes(`pawl: ${me.join("absent")}: there is no such file or folder.\n`));
});

Deno.test("a run that was not whole is taken up by the same command: only what is missing is sent", async () => {
  await using server = await cliServer({
    pawlJson: { businessTypes: { Small: { maxBytes: 100, extensions: [".txt"] } } },
  });
  const { me } = server;
  await Deno.mkdir(me.join("set"));
  for (const name of ["a.txt", "b.txt"]) await Deno.writeTextFile(me.join(`set/${name}`), name);
  await Deno.writeTextFile(me.join("set/large.txt"), "x".repeat(101));
  const args = ["up", me.join("set"), "--type", "Small"];

  const first = await me.run(args);
  assert.equal(first.code, 5, first.stderr);
  assert.match(first.stderr, /^pawl: \S+large\.txt: .*100 bytes/m);
  assert.match(first.stderr, /^2 of 3 files are there\. The same command tries the others again\.$/m);

  await Deno.writeTextFile(me.join("set/large.txt"), "smaller now");
  await Deno.writeTextFile(me.join("set/b.txt"), "changed meanwhile");
  const second = await me.run([...args, "--json"]);
  assert.equal(second.code, 0, second.stderr);
  const how = Object.fromEntries(parsed(second.stdout).map(({ path, how }) => [path.split("/").at(-1), how]));
  assert.deepEqual(how, { "a.txt": "before", "b.txt": "sent", "large.txt": "sent" });
  assert.equal(parsed((await me.run(["ls", "--json"])).stdout).length, 4);

  // It was whole: from here on the same command means the same files once more.
  const third = parsed((await me.run([...args, "--json"])).stdout);
  assert.deepEqual(new Set(third.map(({ how }) => how)), new Set(["instant"]));
});

Deno.test("names that several files have are not guessed at; a name of digits is found", async () => {
  await using server = await cliServer();
  const { me } = server;
  await Deno.writeTextFile(me.join("2024"), "a year");
  for (let i = 0; i < 2; i++) await me.run(["up", me.join("2024"), "--name", "twice.txt"]);
  await me.run(["up", me.join("2024")]);

  const twice = await me.run(["rm", "twice.txt"]);
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /Several files have this name\. Choose one by its id: \d+ \(.*\), \d+ \(.*\)/);
  assert.equal((await me.run(["info", "2024"])).code, 0);
  const none = await me.run(["info", "twice", "2025", "--json"]);
  assert.equal(none.code, 4);
  assert.deepEqual(parsed(none.stderr).map(({ error }) => [error.subject, error.exitCode]), [["twice", 4], [
    "2025",
    4,
  ]]);
});

Deno.test("what the server says reaches the terminal without its control characters", async () => {
  const evil = "a\u001b]0;owned\u0007\u001b[2J\u202egpj.exe\u009b31m";
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
    if (new URL(url).pathname.endsWith("/7")) {
      return Response.json({ code: "x", title: evil, detail: evil }, { status: 403 });
    }
    const time = new Date(0).toISOString();
    const item = { id: "1", fileName: evil, size: 1, createdAt: time, businessType: evil, businessId: null };
    return Response.json({ items: [item], cursor: null });
  });
  await using real = await cliServer();
  const env = { PAWL_SERVER: `http://127.0.0.1:${server.addr.port}/`, PAWL_TOKEN: "token" };
  for (const args of [["ls"], ["ls", "--json"], ["info", "7"], ["info", "7", "--json"]]) {
    const { stdout, stderr } = await real.me.run(args, { env });
    assert.match(stdout + stderr, /owned/);
    // deno-lint-ignore no-control-regex -- these must not be there
    assert.doesNotMatch(stdout + stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
  const [item] = parsed((await real.me.run(["ls", "--json"], { env })).stdout);
  assert.equal(item.fileName, evil);
});

Deno.test("exit codes tell a script what to do", async () => {
  await using server = await cliServer();
  const { me } = server;
  await Deno.writeTextFile(me.join("a.txt"), "a");
  const code = async (args: string[], env?: Record<string, string>) => (await me.run(args, { env })).code;

  assert.equal(await code(["ls"]), 0);
  assert.equal(await code(["--version"]), 0);
  assert.equal(await code(["up", "--help"]), 0);
  assert.equal(await code(["up", me.join("absent.txt")]), 1);
  for (
    const wrong of [[], ["nope"], ["ls", "--nope"], ["ls", "-n", "0"], ["up"], ["up", "-"], ["share"], [
      "ls",
      "--sort",
      "x",
    ]]
  ) {
    const { code, stdout, stderr } = await me.run(wrong);
    assert.deepEqual([code, stdout], [2, ""], wrong.join(" "));
    assert.match(stderr, /--help|--name|address/);
  }
  assert.equal(await code(["ls"], { PAWL_TOKEN: "no token" }), 3);
  assert.equal(await code(["info", "123"]), 4);
  assert.equal(await code(["down", "absent.txt"]), 4);
  assert.equal(await code(["sessions", "cancel", "AAAAAAAAAAAAAAAAAAAAAA"]), 4);
  assert.equal(await code(["up", me.join("a.txt"), "--type", "Image"]), 5);
  assert.equal(await code(["up", me.join("a.txt"), "--type", "Nonsense"]), 5);
  // A port that nobody listens on.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assert.equal(await code(["ping"], { PAWL_SERVER: `http://127.0.0.1:${port}/` }), 6);
  assert.equal(await code(["ls", "--server", "x y"]), 2);
  const stopped = await me.run(["ls"], { signal: AbortSignal.abort(new Error("stop")) });
  assert.equal(stopped.code, 1);
});

Deno.test("without a server or a sign-in the other files are not tried", async () => {
  await using server = await cliServer();
  const { me } = server;
  await Deno.mkdir(me.join("set"));
  for (let i = 0; i < 9; i++) await Deno.writeTextFile(me.join(`set/${i}.txt`), `${i}`);
  const end = await me.run(["up", me.join("set"), "--parallel", "1"], { env: { PAWL_TOKEN: "no token" } });
  assert.equal(end.code, 3);
  assert.equal(end.stderr.match(/^pawl: /gm)?.length, 1, end.stderr);
  assert.match(end.stderr, /^Not tried any more: 8 files\.\n0 of 9 files are there\./m);
});
