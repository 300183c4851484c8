import assert from "node:assert/strict";
import { person } from "../support/cli.ts";
import { type CliServer, cliServer } from "../support/cli_server.ts";
import { assertSameBytes } from "../support/client_program.ts";
import { randomBytes } from "../support/random_bytes.ts";

const MIB = 1024 * 1024;

async function store({ app }: CliServer, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const path = `/api/v1/files/${encodeURIComponent(name)}`;
  const answer = await app.request(path, { method: "PUT", body: bytes });
  return (await answer.json()).id;
}

/** Links hold the address that the app is asked under, which behind its socket is another one. */
const at = ({ url }: CliServer, link: string) => new URL(new URL(link).pathname, url).href;

const filesIn = async (path: string) =>
  (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).filter((name) => !name.startsWith("."))
    .sort();

Deno.test("files come down by id, name, address and link, into a file, a folder or a pipe", async () => {
  await using server = await cliServer();
  const { me, url } = server;
  const bytes = randomBytes(3 * MIB + 7, { seed: 1 });
  const name = "家庭 👨‍👩‍👧 照片.jpg";
  const id = await store(server, name, bytes);
  await store(server, "empty.txt", new Uint8Array());
  const share = await me.run(["share", name, "--uses", "0", "-q"]);
  assert.equal(share.code, 0, share.stderr);
  const link = at(server, share.stdout.trim());

  await Deno.mkdir(me.join("folder"));
  for (const what of [id, name, `${url}api/v1/attachments/${id}/content`, link]) {
    const { code, stdout, stderr } = await me.run(["down", what, "-o", me.join("folder/")]);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      new RegExp(`^${me.join("folder")}/${name} {2}\\(3\\.15 MB in .*, digest right\\)\\n$`),
    );
    assertSameBytes(await Deno.readFile(me.join(`folder/${name}`)), bytes);
    assert.deepEqual(await filesIn(me.join("folder")), [name]);
    await Deno.remove(me.join(`folder/${name}`));
  }
  const both = await me.run(["down", id, "empty.txt", "-o", me.join("folder"), "--json"]);
  assert.equal(both.code, 0, both.stderr);
  assert.equal((await Deno.stat(me.join("folder/empty.txt"))).size, 0);
  assertSameBytes(await Deno.readFile(me.join(`folder/${name}`)), bytes);

  const piped = await me.process(["down", "empty.txt", id, "-o", "-"]);
  assert.equal(piped.code, 0, piped.stderr);
  assertSameBytes(piped.bytes, bytes);
  const here = await me.process(["down", id]);
  assert.equal(here.code, 0, here.stderr);
  assertSameBytes(await Deno.readFile(me.join(name)), bytes);
});

Deno.test("a file that is here is left alone when it is the same, and not overwritten unasked", async () => {
  await using server = await cliServer();
  const { me } = server;
  const bytes = randomBytes(1000, { seed: 2 });
  const id = await store(server, "a.bin", bytes);
  const args = ["down", id, "-o", me.join("here.bin")];
  assert.equal((await me.run(args)).code, 0);
  const { mtime } = await Deno.stat(me.join("here.bin"));

  const again = await me.run([...args, "--json"]);
  assert.deepEqual([again.code, JSON.parse(again.stdout).how], [0, "before"]);
  assert.deepEqual((await Deno.stat(me.join("here.bin"))).mtime, mtime);

  for (const other of [new Uint8Array(1000), new Uint8Array(3)]) {
    await Deno.writeFile(me.join("here.bin"), other);
    const refused = await me.run(args);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /here\.bin is there already and differs\. Use --force, or another name with -o\./,
    );
    assertSameBytes(await Deno.readFile(me.join("here.bin")), other);
  }
  assert.equal((await me.run([...args, "--force"])).code, 0);
  assertSameBytes(await Deno.readFile(me.join("here.bin")), bytes);

  const folder = await me.run(["down", id, "-o", me.join("absent/")]);
  assert.equal(folder.code, 1);
  assert.match(folder.stderr, /there is no such folder/);
  assert.equal((await me.run(["down", id, id, "-o", me.join("one.bin")])).code, 2);
});

Deno.test("a server's name never leaves the folder, plants nothing hidden and moves no cursor", async () => {
  await using me = await person(null);
  await Deno.mkdir(me.join("safe"));
  const names = [
    "../../evil",
    "..\\evil",
    "/etc/evil",
    "C:\\evil",
    ".bashrc",
    "..",
    "",
    "evil\u001b[2J\n.txt",
    "\u202egpj.exe",
  ];
  const paths: string[] = [];
  for (const [id, fileName] of names.entries()) {
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
      if (url.endsWith("/content")) return new Response("x");
      return Response.json({
        id: "1",
        fileName,
        size: 1,
        sha256: null,
        url: "/api/v1/attachments/1/content",
      });
    });
    const env = { PAWL_SERVER: `http://127.0.0.1:${server.addr.port}/`, PAWL_TOKEN: "token" };
    await Deno.mkdir(me.join(`safe/${id}`));
    const { code, stdout, stderr } = await me.run(["down", "1", "-o", me.join(`safe/${id}`), "-q"], { env });
    assert.equal(code, 0, stderr);
    paths.push(stdout);
    const [saved, ...rest] = await filesIn(me.join(`safe/${id}`));
    assert.ok(saved, `${JSON.stringify(fileName)} is hidden or gone`);
    assert.deepEqual(rest, []);
    assert.doesNotMatch(saved, /[\p{Cc}\u202e]/u);
  }
  assert.deepEqual(await filesIn(me.join("safe")), names.map((_, id) => String(id)));
  assert.deepEqual(await filesIn(me.join(".")), ["safe"]);
});

Deno.test("files of one name that are fetched at once lie beside each other, in the same way each time", async () => {
  await using server = await cliServer();
  const { me } = server;
  const ids = [];
  for (const [i, name] of ["a.txt", "A.txt", "a.txt"].entries()) {
    ids.push(await store(server, name, new TextEncoder().encode(`${i}`)));
  }
  await Deno.mkdir(me.join("out"));
  for (const how of ["fetched", "before"]) {
    const { code, stdout, stderr } = await me.run(["down", ...ids, ids[0]!, "-o", me.join("out"), "--json"]);
    assert.equal(code, 0, stderr);
    const results = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(results.map((result) => result.how), [how, how, how]);
    assert.deepEqual(await filesIn(me.join("out")), ["A (2).txt", "a (3).txt", "a.txt"]);
    assert.equal(await Deno.readTextFile(me.join("out/a (3).txt")), "2");
  }
});

Deno.test("links that are used up, taken back or unknown are refused in the server's words", async () => {
  await using server = await cliServer();
  const { me } = server;
  await store(server, "a.txt", new TextEncoder().encode("text"));
  await using stranger = await person(null);
  const made = await me.run(["share", "a.txt", "--hours", "0.5", "--json"]);
  const { url: link, id } = JSON.parse(made.stdout);
  const url = at(server, link);
  assert.match(made.stderr, /^$/);

  const fetched = await stranger.run(["down", url, "-o", stranger.join("a.txt")]);
  assert.equal(fetched.code, 0, fetched.stderr);
  assert.match((await me.run(["share", "a.txt", "--list"])).stdout, new RegExp(`^${id} .* 1 of 1 `, "m"));

  const revoked = await me.run(["share", "--revoke", id]);
  assert.equal(revoked.code, 0, revoked.stderr);
  const refused = await stranger.run(["down", url, "-o", stranger.join("b.txt")]);
  assert.equal(refused.code, 5);
  assert.match(refused.stderr, /taken back|revoked/i);
  const unknown = await stranger.run([
    "down",
    `${server.url}d/${"A".repeat(43)}`,
    "-o",
    stranger.join("b.txt"),
  ]);
  assert.equal(unknown.code, 4, unknown.stderr);
  assert.deepEqual(await filesIn(stranger.join(".")), ["a.txt"]);
});
