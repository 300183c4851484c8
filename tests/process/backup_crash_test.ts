/** Backups and restores that are killed, whose server is killed, or whose disk is full: that of before stays good. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { chunkClient } from "../support/chunk_client.ts";
import { runTask, spawnTask } from "../support/commands.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";
import { until } from "../support/upload_calls.ts";

const strace = tool("strace", import.meta.url);

const FILES = 24;
/** Each sync of a copied file lasts so long that a kill meets the copying somewhere. */
const SLOWLY = ["-D", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e"];
const slowly = (ms: number) => [strace!, ...SLOWLY, `inject=fdatasync:delay_exit=${ms * 1000}`];

/** Uploads more files; gives what is in each. */
async function fill(server: TestServer, count: number, seed: number): Promise<Map<string, Uint8Array>> {
  const client = chunkClient({ url: () => server.url, token: await server.token() });
  const files = new Map<string, Uint8Array>();
  for (let n = 0; n < count; n++) {
    const bytes = randomBytes(100_000, { seed: seed + n });
    const { status, body } = await client.file(`file-${seed + n}`, bytes);
    assert.equal(status, 201);
    files.set(body.id, bytes);
  }
  return files;
}

async function copiedFiles(backup: string): Promise<number> {
  let count = 0;
  const days = await Array.fromAsync(Deno.readDir(join(backup, "blobs"))).catch(() => []);
  for (const { name } of days) {
    for await (const file of Deno.readDir(join(backup, "blobs", name))) if (!file.name.includes(".")) count++;
  }
  return count;
}

const manifestIn = (backup: string) => Deno.readTextFile(join(backup, "manifest.json"));

/** Restores into a directory of its own, and compares. */
async function assertHolds(backup: string, dataDir: string, { server, files }: {
  server: TestServer;
  files: Map<string, Uint8Array>;
}): Promise<void> {
  const restored = await runTask("restore", [backup, "--bytes"], { dataDir, secret: server.secret });
  assert.deepEqual([restored.code, restored.stderr], [0, ""], restored.stdout);
  assert.match(restored.stdout, new RegExp(`${files.size} blobs and 0 open uploads`));
}

Deno.test({
  name: "a backup that is killed again and again leaves the one before as it was, and the next goes on",
  ignore: strace === null,
  async fn() {
    await using dir = await tempDir();
    await using server = await startServer();
    const backup = dir.join("backup");
    const before = await fill(server, 5, 0);
    assert.equal((await runTask("backup", [backup], server)).code, 0);
    const manifest = await manifestIn(backup);
    const all = new Map([...before, ...await fill(server, FILES, 100)]);
    const copied: number[] = [];
    for (let kill = 0; kill < 4; kill++) {
      const goal = await copiedFiles(backup) + 1;
      const { process, result } = await spawnTask("backup", [backup], { ...server, wrapper: slowly(150) });
      await until(async () => await copiedFiles(backup) >= goal);
      process.kill("SIGKILL");
      assert.equal((await result).signal, "SIGKILL");
      copied.push(await copiedFiles(backup));
      assert.equal(await manifestIn(backup), manifest);
      await assertHolds(backup, dir.join(`restored-${kill}`), { server, files: before });
      // The killed one cannot give back what it held.
      const waits = await runTask("backup", [backup], server);
      assert.match(waits.stderr, /Another backup is under way/);
      assert.equal(waits.code, 1);
      await server.restart();
    }
    assert.ok(copied.every((count, at) => count < all.size && count >= (copied[at - 1] ?? 0)), copied.join());
    const made = await runTask("backup", [backup], server);
    assert.deepEqual([made.code, made.stderr], [0, ""]);
    await assertHolds(backup, dir.join("restored"), { server, files: all });
  },
});

Deno.test({
  name: "a backup whose server is killed says so and is no backup; the next one goes on where it was",
  ignore: strace === null,
  async fn() {
    await using dir = await tempDir();
    await using server = await startServer();
    const backup = dir.join("backup");
    const files = new Map<string, Uint8Array>();
    for (const again of [false, true]) {
      for (const [id, bytes] of await fill(server, FILES, again ? 1000 : 0)) files.set(id, bytes);
      const goal = await copiedFiles(backup) + 3;
      const { result } = await spawnTask("backup", [backup], { ...server, wrapper: slowly(300) });
      await until(async () => await copiedFiles(backup) >= goal);
      if (again) await server.restart();
      else await server.kill();
      const { code, stderr } = await result;
      assert.equal(code, 1);
      assert.match(stderr, /The server has ended or stood still while the backup ran/);
      await assert.rejects(manifestIn(backup));
      assert.equal((await runTask("restore", [backup], { ...server, dataDir: dir.join("early") })).code, 1);
      if (!again) await server.restart();
    }
    const made = await runTask("backup", [backup], server);
    assert.deepEqual([made.code, made.stderr], [0, ""]);
    await assertHolds(backup, dir.join("restored"), { server, files });
  },
});

Deno.test({
  name: "Ctrl-C ends a backup with a word and gives back what it held; a killed restore is gone on with",
  ignore: strace === null,
  async fn() {
    await using dir = await tempDir();
    await using server = await startServer();
    const backup = dir.join("backup");
    const files = await fill(server, FILES, 0);
    const { process, result } = await spawnTask("backup", [backup], { ...server, wrapper: slowly(150) });
    await until(async () => await copiedFiles(backup) >= 6);
    process.kill("SIGINT");
    const { code, stderr } = await result;
    assert.deepEqual([code, stderr], [1, "Interrupted. Run it again: it goes on with what is there.\n"]);
    assert.equal((await runTask("backup", [backup], server)).code, 0);

    const to = { dataDir: dir.join("restored"), secret: server.secret };
    for (const signal of ["SIGKILL", "SIGINT"] as const) {
      const restoring = await spawnTask("restore", [backup], { ...to, wrapper: slowly(150) });
      const goal = signal === "SIGKILL" ? 5 : 12;
      await until(async () => await copiedFiles(to.dataDir) >= goal);
      restoring.process.kill(signal);
      await restoring.result;
      const early = await runTask("fsck", [], to);
      assert.match(early.stderr, /a restore into it has not ended/);
    }
    await assertHolds(backup, to.dataDir, { server, files });
    assert.deepEqual((await Array.fromAsync(Deno.readDir(to.dataDir))).map(({ name }) => name).sort(), [
      "begun",
      "blobs",
      "lock",
      "pawl.kv",
    ]);
  },
});

Deno.test("a backup whose disk is full says so and leaves the one before; with room again it goes on", async () => {
  await using dir = await tempDir();
  await using server = await startServer();
  const files = await fill(server, 10, 0);
  const backup = dir.join("disk/backup");
  await Deno.mkdir(dir.join("disk"));
  // One that only these commands see. Other users than root need namespaces of their own for that.
  const namespace = Deno.uid() === 0 ? ["unshare", "-m"] : ["unshare", "-r", "-m"];
  const script = `set -e
mount -t tmpfs -o size=2m,mode=700 tmpfs "$DISK"
backup() { code=0; "$@" "$DISK/backup" 2>&1 || code=$?; echo "code $code"; }
backup "$@"
cp "$DISK/backup/manifest.json" "$DISK/manifest"
head -c 1000000 /dev/zero > "$DISK/filler" 2> /dev/null || true
touch "$READY"
while [ ! -e "$FILLED" ]; do sleep 0.05; done
backup "$@"
cmp "$DISK/manifest" "$DISK/backup/manifest.json" && echo same
rm "$DISK/filler"
mount -o remount,size=20m "$DISK"
backup "$@"
cp -r "$DISK/backup" "$OUT"`;
  const [ready, filled, out] = [dir.join("ready"), dir.join("filled"), dir.join("out")];
  const variables = Object.entries({ DISK: dir.join("disk"), READY: ready, FILLED: filled, OUT: out });
  const { result } = await spawnTask("backup", [], {
    ...server,
    wrapper: [
      ...namespace,
      "env",
      ...variables.map(([name, value]) => `${name}=${value}`),
      "sh",
      "-c",
      script,
      "sh",
    ],
  });
  await until(() => Deno.stat(ready).then(() => true, () => false));
  const more = await fill(server, 10, 100);
  await Deno.writeTextFile(filled, "");
  const { code, stdout, stderr } = await result;
  assert.deepEqual([code, stderr], [0, ""], stdout);
  const codes = [...stdout.matchAll(/code (\d)/g)].map(([, code]) => code);
  assert.deepEqual(codes, ["0", "1", "0"], stdout);
  assert.ok(stdout.includes(`The disk of ${backup} is full. Make room there and run it again`), stdout);
  assert.match(stdout, /^same$/m);
  await assertHolds(out, dir.join("restored"), { server, files: new Map([...files, ...more]) });
});
