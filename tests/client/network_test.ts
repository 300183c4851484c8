/** Both directions between the library and the real server, over a bad network. */
import assert from "node:assert/strict";
import { connect, openFile, type Pawl, type UploadState } from "../../client/mod.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { fillRandom, randomSha256, verifyRandom } from "../support/random_bytes.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";

const MIB = 1024 * 1024;
const CHUNK = 256 * 1024;

interface Scene extends AsyncDisposable {
  server: TestServer;
  proxy: Proxy;
  pawl: Pawl;
  dir: Awaited<ReturnType<typeof tempDir>>;
}

/** A server behind a proxy. A writer that falls silent is replaced after a second. */
async function scene(): Promise<Scene> {
  await using cleanup = new AsyncDisposableStack();
  const dir = cleanup.use(await tempDir());
  const server = cleanup.use(await startServer({ config: { uploads: { takeoverSeconds: 1 } } }));
  const proxy = cleanup.use(await startProxy(server.url));
  const pawl = connect({ baseUrl: proxy.url, token: () => server.token() });
  const owned = cleanup.move();
  return { server, proxy, pawl, dir, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const source = (size: number, seed: number) => ({
  name: `${seed}.bin`,
  size,
  read(start: number, end: number) {
    const bytes = new Uint8Array(end - start);
    fillRandom(bytes, { seed, offset: start });
    return bytes;
  },
});

async function verifyFile(path: string, size: number, seed: number) {
  using file = await Deno.open(path);
  assert.equal(await verifyRandom(file.readable, { seed }), size);
}

Deno.test("uploads survive connections that are cut, reset, stalled, slowed and overtake each other", async () => {
  await using stage = await scene();
  const { proxy, pawl } = stage;
  const faults = [
    { kind: "cut", direction: "up", bytes: 700_000 },
    { kind: "cut", direction: "up", bytes: 700_000, reset: true },
    { kind: "cut", direction: "down", bytes: 6000 },
    { kind: "stall", direction: "up", bytes: 2_000_000 },
    { kind: "slow", direction: "up", bytesPerSecond: 4_000_000 },
    { kind: "reorder", direction: "up" },
    { kind: "reorder", direction: "down" },
  ] as const;
  for (const [seed, fault] of faults.entries()) {
    proxy.setFault(fault);
    proxy.cutAll();
    const size = 4 * MIB;
    const upload = pawl.upload(source(size, seed), {
      chunkSize: CHUNK,
      parallel: 2,
      stallTimeout: 500,
      retries: 100,
    });
    assert.equal((await upload.result).sha256, randomSha256(size, { seed }), JSON.stringify(fault));
  }
});

Deno.test("an upload goes on when the network comes back, and when the server was killed and started again", async () => {
  await using stage = await scene();
  const { server, proxy, pawl } = stage;
  const size = 48 * MIB;
  const seed = 7;
  const states: UploadState[] = [];
  const waiting = Promise.withResolvers<void>();
  const upload = pawl.upload(source(size, seed), {
    chunkSize: MIB,
    onState({ state }) {
      states.push(state);
      if (state === "waiting") waiting.resolve();
    },
  });
  await proxy.hasPassed("up", 8 * MIB);
  proxy.setFault({ kind: "cut", direction: "up", bytes: 0 });
  proxy.cutAll({ reset: true });
  await waiting.promise;
  proxy.setFault({ kind: "pass" });
  upload.resume(); // As a browser does that is online again.

  await proxy.hasPassed("up", 24 * MIB);
  await server.restart();
  proxy.setTarget(server.url);
  proxy.cutAll();

  const attachment = await upload.result;
  assert.equal(attachment.sha256, randomSha256(size, { seed }));
  // What was acknowledged was not sent again: a few chunks for each of the two breaks.
  assert.ok(proxy.passed.up < size + 16 * MIB, `${proxy.passed.up} bytes for ${size}`);
});

Deno.test("downloads survive connections that are cut, reset, stalled, slowed and overtake each other", async () => {
  await using stage = await scene();
  const { proxy, pawl, dir } = stage;
  const size = 5 * MIB;
  const { id } = await pawl.upload(source(size, 1)).result;
  const faults = [
    { kind: "cut", direction: "down", bytes: 1_500_000 },
    { kind: "cut", direction: "down", bytes: 1_500_000, reset: true },
    { kind: "stall", direction: "down", bytes: 1_500_000 },
    { kind: "slow", direction: "down", bytesPerSecond: 8_000_000 },
    { kind: "reorder", direction: "down" },
  ] as const;
  for (const fault of faults) {
    proxy.setFault(fault);
    proxy.cutAll();
    const path = dir.join(`${fault.kind}.bin`);
    const done = await pawl.download(id, { to: path, stallTimeout: 300 }).result;
    assert.deepEqual([done.size, done.verified, done.path], [size, true, path]);
    await verifyFile(path, size, 1);
  }
});

Deno.test("a download that was stopped goes on in another run with what is missing", async () => {
  await using stage = await scene();
  const { proxy, pawl, dir } = stage;
  const size = 32 * MIB;
  const { id } = await pawl.upload(source(size, 2)).result;
  const path = dir.join("film.bin");
  const first = pawl.download(id, {
    to: path,
    progressInterval: 0,
    onProgress: ({ confirmedBytes }) => void (confirmedBytes > 8 * MIB && first.stop()),
  });
  await assert.rejects(first.result, { code: "cancelled" });
  assert.deepEqual((await Array.fromAsync(Deno.readDir(dir.path), ({ name }) => name)).sort(), [
    "film.bin.part",
    "film.bin.part.json",
  ]);
  const left = (await Deno.stat(path + ".part")).size;
  assert.ok(left > 8 * MIB && left < size);

  const before = proxy.passed.down;
  const second = await pawl.download(id, { to: path }).result;
  assert.equal(second.resumedBytes, left);
  assert.equal(second.verified, true);
  assert.ok(proxy.passed.down - before < size - left + MIB);
  await verifyFile(path, size, 2);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(dir.path), ({ name }) => name), ["film.bin"]);
});

Deno.test("a file by path is uploaded and noticed when it changes", async () => {
  await using stage = await scene();
  const { pawl, dir } = stage;
  const path = dir.join("本.bin");
  const size = 3 * MIB;
  const bytes = new Uint8Array(size);
  fillRandom(bytes, { seed: 3 });
  await Deno.writeFile(path, bytes);
  {
    await using file = await openFile(path);
    const attachment = await pawl.upload(file).result;
    assert.deepEqual([attachment.fileName, attachment.sha256], ["本.bin", randomSha256(size, { seed: 3 })]);
  }
  await Deno.writeTextFile(path, "and more", { append: true });
  await using file = await openFile(path);
  const upload = pawl.upload(file, {
    async onState({ state }) {
      if (state !== "opening") return;
      upload.pause();
      await Deno.writeTextFile(path, "another content");
      upload.resume();
    },
  });
  await assert.rejects(upload.result, { code: "source-changed" });
  await assert.rejects(openFile(dir.path), { code: "source-unreadable" });
  await assert.rejects(openFile(dir.join("none")), { code: "source-unreadable" });
});
