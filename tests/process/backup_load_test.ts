/** Backups while the server is busy, each restored and compared with what had been acknowledged before it began. */
import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { type ChunkClient, chunkClient, sha256Hex } from "../support/chunk_client.ts";
import { runTask } from "../support/commands.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";
import { assertConsistent } from "../support/store_check.ts";
import { tempDir } from "../support/temp_dir.ts";
import { until } from "../support/upload_calls.ts";

const BACKUPS = 3;
const KIB = 1024;
const SLOT = 64 * KIB;
const SLOTS = 200;
/** Files that nobody asks to go, so that each backup has some to be compared. */
const KEPT = 5;
const LOCAL = { sub: "local", role: "admin" } as const;

interface Load {
  /** Acknowledged and not yet asked to go: id -> digest of its bytes. */
  files: Map<string, string>;
  /** Of the open upload. */
  slots: Set<number>;
  requests: number;
  stop: boolean;
  /** Resolves when it may go on. */
  going: Promise<void>;
}

/** What a request was answered; a failure of the server ends the test. */
function expectOk(load: Load, { status, body }: { status: number; body: unknown }, wanted: number[]): void {
  load.requests++;
  assert.ok(wanted.includes(status), `${status} ${JSON.stringify(body)}`);
}

async function wholeFiles(client: ChunkClient, load: Load, seed: number): Promise<void> {
  for (let n = 0; !load.stop; n++) {
    await load.going;
    // Every third one has the same content as one before.
    const bytes = randomBytes(1 + (n * 7919) % 150_000, { seed: seed + (n % 3 === 2 ? n - 1 : n) });
    const answer = await client.file(`file-${n}`, bytes);
    expectOk(load, answer, [201]);
    load.files.set(answer.body.id, sha256Hex(bytes));
  }
}

async function sessions(client: ChunkClient, load: Load, seed: number): Promise<void> {
  for (let n = 0; !load.stop; n++) {
    await load.going;
    const bytes = randomBytes(3 * SLOT, { seed: seed + n });
    const { body: { id } } = await client.open({
      fileName: `chunks-${n}`,
      size: bytes.length,
      chunkSize: SLOT,
    });
    for (const slot of [2, 0, 1]) {
      const at = slot * SLOT;
      expectOk(load, await client.put({ id, offset: at }, bytes.slice(at, at + SLOT)), [200]);
    }
    if (n % 3 === 0) {
      expectOk(load, await client.send("DELETE", `/api/v1/uploads/${id}`), [204]);
      continue;
    }
    const completed = await client.complete(id);
    expectOk(load, completed, [200, 201]);
    load.files.set(completed.body.id, sha256Hex(bytes));
  }
}

async function deletes(client: ChunkClient, load: Load): Promise<void> {
  while (!load.stop) {
    await load.going;
    // The newest mostly, so that old ones are there to be compared.
    const ids = [...load.files.keys()];
    const id = load.requests % 4 === 0 ? ids[0] : ids.at(-1);
    if (id === undefined || load.files.size < 30) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      continue;
    }
    load.files.delete(id);
    expectOk(load, await client.send("DELETE", `/api/v1/attachments/${id}?permanent=true`), [204]);
  }
}

/** Receives a slot now and then, from both ends. */
async function openUpload(
  client: ChunkClient,
  load: Load,
  { id, bytes }: { id: string; bytes: Uint8Array<ArrayBuffer> },
) {
  for (let n = 0; !load.stop && n < SLOTS - 1; n++) {
    const slot = n % 2 === 0 ? n / 2 : SLOTS - 1 - (n - 1) / 2;
    const at = slot * SLOT;
    expectOk(load, await client.put({ id, offset: at }, bytes.slice(at, at + SLOT)), [200]);
    load.slots.add(slot);
    await load.going;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("backups of a busy server hold what was acknowledged before, byte for byte; an upload goes on in each; checks find nothing", async () => {
  await using dir = await tempDir();
  await using server = await startServer({ config: { chunks: { min: "16 KiB" } } });
  const client = chunkClient({ url: () => server.url, token: await server.token() });
  const load: Load = {
    files: new Map(),
    slots: new Set(),
    requests: 0,
    stop: false,
    going: Promise.resolve(),
  };
  const bytes = randomBytes(SLOTS * SLOT, { seed: 99 });
  const { body: { id: open } } = await client.open({ fileName: "open", size: bytes.length, chunkSize: SLOT });
  const kept = new Map<string, string>();
  for (let n = 0; n < KEPT; n++) {
    const content = randomBytes(SLOT + n, { seed: n });
    const { body: { id } } = await client.file(`kept-${n}`, content);
    kept.set(id, sha256Hex(content));
  }
  const working = Promise.all([
    wholeFiles(client, load, 1000),
    wholeFiles(client, load, 500_000),
    sessions(client, load, 900_000),
    deletes(client, load),
    openUpload(client, load, { id: open, bytes }),
  ]);
  const failed = working.then(() => new Promise<never>(() => {}));
  const backup = dir.join("backup");
  let goOn = () => {};
  const counts: number[] = [];
  try {
    for (let round = 0; round < BACKUPS; round++) {
      const goal = load.requests + 60;
      await Promise.race([until(() => load.requests > goal && load.files.size > 20), failed]);
      const before = new Map(load.files);
      const slots = [...load.slots];
      const made = await Promise.race([runTask("backup", [backup], server), failed]);
      assert.deepEqual([made.code, made.stderr], [0, ""], made.stdout);
      const checked = await Promise.race([runTask("fsck", ["--bytes"], server), failed]);
      assert.equal(checked.code, 0, checked.stdout);
      const must = [...kept, ...[...before].filter(([id]) => load.files.has(id))];
      counts.push(must.length);
      ({ promise: load.going, resolve: goOn } = Promise.withResolvers<void>());

      const dataDir = dir.join(`restored-${round}`);
      const restored = await runTask("restore", [backup, "--bytes"], { dataDir, secret: server.secret });
      assert.deepEqual([restored.code, restored.stderr], [0, ""], restored.stdout);
      await using app = await startApp({ dataDir, pawlJson: { chunks: { min: "16 KiB" } } });
      for (const [id, sha256] of must) {
        const response = await app.request(`/api/v1/attachments/${id}/content`, { user: LOCAL });
        assert.equal(sha256Hex(await response.bytes()), sha256);
      }
      const { body: session } = await app.json("GET", `/api/v1/uploads/${open}`, { user: LOCAL });
      const there: number[] = session.uploadedChunkIndexes;
      assert.deepEqual(slots.filter((slot) => !there.includes(slot)), [], "an acknowledged chunk is lost");
      for (let slot = 0; slot < SLOTS; slot++) {
        if (there.includes(slot)) continue;
        const body = bytes.slice(slot * SLOT, (slot + 1) * SLOT);
        const path = `/api/v1/uploads/${open}/chunks/${slot * SLOT}`;
        const headers = { "Content-Length": String(body.length) };
        const put = await app.request(path, { method: "PUT", user: LOCAL, body, headers });
        assert.equal(put.status, 200, await put.text());
      }
      const { body: file } = await app.json("POST", `/api/v1/uploads/${open}/complete`, { user: LOCAL });
      assert.equal(file.sha256, sha256Hex(bytes));
      await assertConsistent(app);
      goOn();
    }
  } finally {
    load.stop = true;
    goOn();
    await working;
  }
  // Of those that others ask to go, too, some were there before and after.
  assert.ok(counts.every((count) => count >= KEPT) && Math.max(...counts) > KEPT, counts.join());
  // What the backups held in its place is gone by now, or will be swept.
  assert.equal((await runTask("fsck", ["--bytes"], server)).code, 0);
  assert.equal((await server.stop()).code, 0);
  console.log(`${BACKUPS} backups beside ${load.requests} requests; compared: ${counts.join(", ")} files`);
});
