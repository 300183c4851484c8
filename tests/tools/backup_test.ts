/** Backup and restore as an operator runs them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readArguments } from "../../tools/backup/arguments.ts";
import type { Manifest } from "../../tools/backup/layout.ts";
import { failureText, progressText, sizeText } from "../../tools/backup/sentences.ts";
import { startApp } from "../support/app.ts";
import { type ChunkClient, chunkClient, sha256Hex } from "../support/chunk_client.ts";
import { runTask } from "../support/commands.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const MIB = 1024 * 1024;
const LOCAL = { sub: "local", role: "admin" } as const;

const clientOf = async (server: TestServer): Promise<ChunkClient> =>
  chunkClient({ url: () => server.url, token: await server.token() });

const manifestIn = async (path: string): Promise<Manifest> =>
  JSON.parse(await Deno.readTextFile(join(path, "manifest.json")));

/** Path below `root` -> inode and size, of all files with bytes of blobs. */
async function filesIn(root: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of ["blobs", "open"]) {
    const days = await Array.fromAsync(Deno.readDir(join(root, folder))).catch(() => []);
    for (const day of days) {
      for await (const { name } of Deno.readDir(join(root, folder, day.name))) {
        const { ino, size } = await Deno.stat(join(root, folder, day.name, name));
        found.set(join(folder, day.name, name), `${ino} ${size}`);
      }
    }
  }
  return found;
}

const modeOf = async (path: string) => ((await Deno.stat(path)).mode! & 0o777).toString(8);

Deno.test("a backup beside the server is restored with every file, and an upload goes on in it", async () => {
  await using dir = await tempDir();
  await using server = await startServer();
  const client = await clientOf(server);
  const [first, second] = [randomBytes(3 * MIB, { seed: 1 }), randomBytes(2 * MIB, { seed: 2 })];
  const kept = (await client.file("kept.bin", first)).body.id;
  const gone = (await client.file("gone.bin", second)).body.id;
  const large = randomBytes(4 * MIB, { seed: 3 });
  const { body: { id: open } } = await client.open({ fileName: "open.bin", size: 64 * MIB, chunkSize: MIB });
  const put = (slot: number) =>
    client.put({ id: open, offset: slot * MIB }, large.slice((slot % 4) * MIB, (slot % 4 + 1) * MIB));
  assert.equal((await put(0)).status, 200);
  assert.equal((await put(63)).status, 200);

  const made = await runTask("backup", [dir.join("backup")], server);
  assert.deepEqual([made.code, made.stderr], [0, ""], made.stdout);
  assert.match(made.stdout, /2 blobs and 1 open uploads, 7\.3 MB\.\nThe secret is not in it/);
  const files = await filesIn(dir.join("backup"));
  assert.equal(files.size, 4);
  for (const path of [...files.keys(), "manifest.json"]) {
    assert.equal(await modeOf(join(dir.join("backup"), path)), "600", path);
  }
  assert.equal(await modeOf(dir.join("backup")), "700");
  const manifest = await manifestIn(dir.join("backup"));
  assert.equal(await modeOf(join(dir.join("backup"), "kv", manifest.records.name)), "600");
  assert.deepEqual([manifest.blobs, manifest.openUploads, manifest.findings], [2, 1, []]);
  const [openPath] = [...files.keys()].filter((path) => path.startsWith("open/") && !path.endsWith(".spans"));
  const { blocks, size } = await Deno.stat(join(dir.join("backup"), openPath!));
  assert.equal(size, 64 * MIB);
  assert.ok(blocks! * 512 < 4 * MIB, "what has not come takes no room");

  // What is new is copied, what is there stays as it is, what is gone goes.
  await client.send("DELETE", `/api/v1/attachments/${gone}?permanent=true`);
  assert.equal((await put(1)).status, 200);
  const late = (await client.file("late.bin", large)).body.id;
  await server.stop();
  await server.restart(); // The blob of the deleted file is condemned, and kept for the grace time.
  const again = await runTask("backup", [dir.join("backup"), "--bytes"], server);
  assert.deepEqual([again.code, again.stderr], [0, ""], again.stdout);
  const after = await filesIn(dir.join("backup"));
  const same = [...files].filter(([path, state]) => after.get(path) === state && !path.endsWith(".spans"));
  assert.equal(same.length, 3, "nothing was copied twice");
  assert.equal(after.size, 5);
  assert.equal((await Array.fromAsync(Deno.readDir(join(dir.join("backup"), "kv")))).length, 1);

  const to = { dataDir: dir.join("restored"), secret: server.secret };
  const restored = await runTask("restore", [dir.join("backup"), "--bytes"], to);
  assert.deepEqual([restored.code, restored.stderr], [0, ""], restored.stdout);
  assert.match(restored.stdout, /nothing is wrong/);
  await using app = await startApp({ dataDir: dir.join("restored") });
  for (const [id, bytes] of [[kept, first], [late, large]] as const) {
    const response = await app.request(`/api/v1/attachments/${id}/content`, { user: LOCAL });
    assert.deepEqual(await response.bytes(), bytes);
  }
  const { body: session } = await app.json("GET", `/api/v1/uploads/${open}`, { user: LOCAL });
  assert.deepEqual(session.received, [{ offset: 0, size: 2 * MIB }, { offset: 63 * MIB, size: MIB }]);
  const { blocks: restoredBlocks } = await Deno.stat(
    join(dir.join("restored"), openPath!.replace("open/", "blobs/")),
  );
  assert.ok(restoredBlocks! * 512 < 5 * MIB);
  const whole = new Uint8Array(64 * MIB);
  for (let slot = 0; slot < 64; slot++) {
    whole.set(large.subarray((slot % 4) * MIB, (slot % 4 + 1) * MIB), slot * MIB);
  }
  for (let at = 2 * MIB; at < 63 * MIB; at += 8 * MIB) {
    const body = whole.slice(at, Math.min(at + 8 * MIB, 63 * MIB));
    const rest = await app.request(`/api/v1/uploads/${open}/chunks/${at}`, {
      method: "PUT",
      user: LOCAL,
      body,
      headers: { "Content-Length": String(body.length) },
    });
    assert.equal(rest.status, 200, await rest.text());
  }
  const { status, body } = await app.json("POST", `/api/v1/uploads/${open}/complete`, { user: LOCAL });
  assert.deepEqual([status, body.sha256], [201, sha256Hex(whole)]);
  await assertConsistent(app);
});

/** A store without a server. */
async function stoppedStore(dir: TempDir, { secret = true } = {}) {
  const env = secret ? undefined : { PAWL_JWT_SECRET: "x".repeat(40) };
  await using server = await startServer(env && { env });
  const client = await clientOf(server);
  const bytes = randomBytes(100_000, { seed: 4 });
  const { body: { id } } = await client.file("file.bin", bytes);
  await server.kill();
  const dataDir = dir.join("data");
  await copyFolder(server.dataDir, dataDir);
  return { dataDir, secret: server.secret, id, bytes };
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

Deno.test("without a server it works under the lock, also after a crash; with the secret of the directory", async () => {
  await using dir = await tempDir();
  const store = await stoppedStore(dir);
  await Deno.writeTextFile(join(store.dataDir, "secret"), "the local secret, of thirty-two bytes or more");
  const made = await runTask("backup", [dir.join("backup")], store);
  assert.deepEqual([made.code, made.stderr], [0, ""], made.stdout);
  assert.equal(await modeOf(join(dir.join("backup"), "secret")), "600");
  const to = { ...store, dataDir: dir.join("restored") };
  assert.equal((await runTask("restore", [dir.join("backup")], to)).code, 0);
  assert.equal(
    await Deno.readTextFile(join(to.dataDir, "secret")),
    await Deno.readTextFile(join(store.dataDir, "secret")),
  );
  assert.equal(await modeOf(join(to.dataDir, "secret")), "600");
  await using app = await startApp({ dataDir: to.dataDir });
  const response = await app.request(`/api/v1/attachments/${store.id}/content`, { user: LOCAL });
  assert.deepEqual(await response.bytes(), store.bytes);
});

Deno.test("what nothing needs any more goes from a backup with the next one, also unfinished copies", async () => {
  await using dir = await tempDir();
  const store = await stoppedStore(dir);
  assert.equal((await runTask("backup", [dir.join("backup")], store)).code, 0);
  const [path] = (await filesIn(dir.join("backup"))).keys();
  await Deno.writeTextFile(join(dir.join("backup"), `${path!.slice(0, -1)}x.part`), "not ours");
  await Deno.writeTextFile(join(dir.join("backup"), `${path!.slice(0, -1)}0.part`), "unfinished");
  {
    await using app = await startApp({ dataDir: store.dataDir });
    await app.json("DELETE", `/api/v1/attachments/${store.id}?permanent=true`, { user: LOCAL });
    await app.json("POST", "/api/v1/uploads", { user: LOCAL, body: { fileName: "open.bin", size: 5 } });
    await cleanUp(app, { hours: 1 });
  }
  const made = await runTask("backup", [dir.join("backup")], store);
  assert.deepEqual([made.code, made.stderr], [0, ""]);
  assert.match(made.stdout, /0 blobs and 1 open uploads, 0 bytes/);
  assert.deepEqual([...(await filesIn(dir.join("backup"))).keys()], [`${path!.slice(0, -1)}x.part`]);
});

Deno.test("what is no place for a backup, or no backup, is refused with a sentence", async () => {
  await using dir = await tempDir();
  const store = await stoppedStore(dir);
  const refused = async (task: string, path: string, pattern: RegExp, of = store) => {
    const { code, stderr, stdout } = await runTask(task, [path], of);
    assert.equal(code, 1, stdout);
    assert.match(stderr, pattern);
  };
  await refused("backup", join(store.dataDir, "backup"), /directory of its own/);
  await refused("backup", dir.path, /directory of its own/);
  await Deno.mkdir(dir.join("full"));
  await Deno.writeTextFile(dir.join("full/letter.txt"), "Dear");
  await refused("backup", dir.join("full"), /holds something that is no backup/);
  await refused("backup", dir.join("none"), /no records in/, {
    ...store,
    dataDir: dir.join("empty"),
  });
  await assert.rejects(Deno.stat(dir.join("empty")));

  await refused("restore", dir.join("full"), /no backup of Pawl/);
  await refused("restore", dir.join("none"), /has not ended/);
  assert.equal((await runTask("backup", [dir.join("backup")], store)).code, 0);
  await refused("restore", dir.join("backup"), /is not empty/);
  const to = { ...store, dataDir: dir.join("restored") };
  using _lock = await Deno.open(join(dir.join("backup"), "lock"), { write: true });
  await _lock.lock(true);
  await refused("backup", dir.join("backup"), /Another command works on/);
  await _lock.unlock();
  const path = join(dir.join("backup"), "manifest.json");
  const manifest = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, manifest.replace('"format": 1', '"format": 2'));
  await refused("restore", dir.join("backup"), /another version of Pawl/, to);
  await Deno.writeTextFile(path, manifest.replace(/(?<="sha256": ")./, (digit) => digit === "0" ? "1" : "0"));
  await refused("restore", dir.join("backup"), /records of the backup are damaged/, to);
  // The server keeps away from what is not whole.
  const start = await runTask("fsck", [], to);
  assert.match(start.stderr, /a restore into it has not ended\. Run the same deno task restore again/);
  await Deno.writeTextFile(path, manifest);
  assert.equal((await runTask("restore", [dir.join("backup")], to)).code, 0);
});

Deno.test("bytes that are lost are told by backup and restore, and a good copy of before is kept", async () => {
  await using dir = await tempDir();
  const store = await stoppedStore(dir);
  assert.equal((await runTask("backup", [dir.join("good")], store)).code, 0);
  const [path] = (await filesIn(store.dataDir)).keys();
  await Deno.writeFile(join(store.dataDir, path!), new Uint8Array(100_000));
  const bad = await runTask("backup", [dir.join("bad")], store);
  assert.equal(bad.code, 3, bad.stdout);
  assert.match(bad.stderr, /are other ones than recorded\.\n1 things could not be copied/);
  assert.equal((await filesIn(dir.join("bad"))).size, 0);
  const to = { ...store, dataDir: dir.join("restored") };
  const lost = await runTask("restore", [dir.join("bad")], to);
  assert.equal(lost.code, 3);
  assert.match(lost.stderr, /not in the backup, or other ones\.\n1 things .* 1 are wrong/);

  // The copy of before is better than what is there now, and stays.
  assert.equal((await runTask("backup", [dir.join("good")], store)).code, 0);
  const good = { ...store, dataDir: dir.join("again") };
  assert.equal((await runTask("restore", [dir.join("good"), "--bytes"], good)).code, 0);
  // Unless that is damaged itself, which is seen when it is read.
  await Deno.writeFile(join(dir.join("good"), path!), new Uint8Array(100_000));
  assert.equal((await runTask("backup", [dir.join("good")], store)).code, 0);
  assert.equal((await runTask("backup", [dir.join("good"), "--bytes"], store)).code, 3);
});

Deno.test("arguments, progress and failures are said in sentences", () => {
  assert.deepEqual(readArguments(["b"], "/home/me"), { directory: "/home/me/b", bytes: false });
  assert.deepEqual(readArguments(["/b", "--bytes"], "/"), { directory: "/b", bytes: true });
  assert.deepEqual(readArguments(["-h"], "/"), { help: true });
  for (const args of [[], [""], ["a", "b"], ["--fast", "a"]]) {
    assert.ok("mistake" in readArguments(args, "/"));
  }
  assert.deepEqual([0, 999, 1000, 2_500_000, 3e15].map(sizeText), [
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "2.5 MB",
    "3.0 PB",
  ]);
  assert.equal(
    progressText({ step: "bytes", blobs: 1, ofBlobs: 2, bytes: 1e6, ofBytes: 2e6 }),
    "1 of 2 blobs, 1.0 MB of 2.0 MB",
  );
  assert.match(
    failureText(Object.assign(new Error("x"), { code: "ENOSPC" }), "/b"),
    /The disk of \/b is full/,
  );
  assert.equal(failureText(new Error("A sentence."), "/b"), "A sentence.");
});
