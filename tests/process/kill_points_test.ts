import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { startChild } from "../support/child.ts";
import { type ChunkClient, chunkClient, sha256Hex } from "../support/chunk_client.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { assertConsistent } from "../support/store_check.ts";
import { tool } from "../support/tools.ts";

const program = tool("strace", import.meta.url);

const SLOT = 64 * 1024;
const SLOTS = 3;

/** System calls on the way of an upload. Where a path is given, only calls on it count. */
interface KillPoint {
  syscall: string;
  path?: (server: TestServer) => string;
  /** Of the calls that one thread makes, the process dies at the first, then at this many later, and so on. */
  stride: number;
  /** Calls count from the start of the process, which goes on with what a kill interrupted, and until it is ready. */
  atStart?: true;
}

const wal = ({ dataDir }: TestServer) => `${dataDir}/pawl.kv-wal`;

const POINTS: Record<string, KillPoint> = {
  "opening of a blob": { syscall: "openat", path: newestBlob, stride: 1 },
  "bytes of a blob": { syscall: "write", path: newestBlob, stride: 1 },
  "sync of a blob": { syscall: "fdatasync", path: newestBlob, stride: 1 },
  "sync of the blob's folder": {
    syscall: "fsync",
    path: (server) => newestBlob(server).replace(/\/[^/]+$/, ""),
    stride: 1,
  },
  "pages of a commit": { syscall: "pwrite64", path: wal, stride: 13 },
  "sync of a commit": { syscall: "fsync", path: wal, stride: 1 },
  "answers": { syscall: "sendto", stride: 1 },
  "removal of a file at the start": { syscall: "unlink", stride: 1, atStart: true },
  "sync of a commit at the start": { syscall: "fsync", path: wal, stride: 1, atStart: true },
};

function newestBlob({ dataDir }: TestServer): string {
  const days = [...Deno.readDirSync(`${dataDir}/blobs`)].map(({ name }) => `${dataDir}/blobs/${name}`);
  const paths = days.flatMap((day) => [...Deno.readDirSync(day)].map(({ name }) => `${day}/${name}`));
  const made = (path: string) => Deno.statSync(path).birthtime!.getTime();
  return paths.toSorted((a, b) => made(b) - made(a))[0]!;
}

interface Run {
  bytes: Uint8Array<ArrayBuffer>;
  /** The session, of which the first slot is acknowledged, and the attachment that is deleted, both made before. */
  upload: string;
  old: string;
  /** What was acknowledged in this run. */
  slots: Set<number>;
  attachment: string | null;
  file: string | null;
  deleted: boolean;
}

async function prepare(client: ChunkClient, seed: number): Promise<Run> {
  const bytes = randomBytes(SLOTS * SLOT, { seed });
  const { body: { id: old } } = await client.file(`old-${seed}`, bytes.slice(1));
  const { body: { id: upload } } = await client.open({
    fileName: `chunks-${seed}`,
    size: bytes.length,
    chunkSize: SLOT,
  });
  assert.equal((await client.put({ id: upload, offset: 0 }, bytes.slice(0, SLOT))).status, 200);
  return { bytes, upload, old, slots: new Set([0]), attachment: null, file: null, deleted: false };
}

async function work(client: ChunkClient, run: Run, seed: number): Promise<void> {
  for (const slot of [2, 1]) {
    const offset = slot * SLOT;
    const bytes = run.bytes.slice(offset, offset + SLOT);
    const { status } = await client.put({ id: run.upload, offset }, bytes, { digest: slot === 2 });
    assert.equal(status, 200);
    run.slots.add(slot);
  }
  run.attachment = (await client.complete(run.upload)).body.id;
  run.file = (await client.file(`whole-${seed}`, run.bytes.slice(2))).body.id;
  const { status } = await client.send("DELETE", `/api/v1/attachments/${run.old}?permanent=true`);
  assert.equal(status, 204);
  run.deleted = true;
}

/** Compares with what was acknowledged, then brings the upload to its end. */
async function verify(client: ChunkClient, run: Run, seed: number): Promise<void> {
  const { body: session } = await client.session(run.upload);
  if (session.status === "completed") {
    assert.ok(run.slots.size >= SLOTS - 1);
    assert.equal(run.attachment ?? session.attachmentId, session.attachmentId);
  } else {
    assert.equal(run.attachment, null, "an acknowledged attachment is lost");
    for (let slot = 0; slot < SLOTS; slot++) {
      const has = session.uploadedChunkIndexes.includes(slot);
      assert.ok(has || !run.slots.has(slot), `slot ${slot} is lost`);
      if (has) continue;
      const bytes = run.bytes.slice(slot * SLOT, (slot + 1) * SLOT);
      assert.equal((await client.put({ id: run.upload, offset: slot * SLOT }, bytes)).status, 200);
    }
  }
  const completed = await client.complete(run.upload, sha256Hex(run.bytes));
  assert.ok([200, 201].includes(completed.status));
  assert.deepEqual(await client.download(completed.body.id), run.bytes);

  const listed = new Map((await client.list()).map(({ fileName, id }) => [fileName, id]));
  const file = listed.get(`whole-${seed}`);
  if (run.file !== null) assert.equal(file, run.file, "an acknowledged file is lost");
  if (file !== undefined) assert.deepEqual(await client.download(file), run.bytes.slice(2));
  const old = listed.get(`old-${seed}`);
  if (run.deleted) assert.equal(old, undefined, "a deleted file is back");
  if (old !== undefined) assert.deepEqual(await client.download(old), run.bytes.slice(1));
}

/** Whether one process may trace another that it has not started; some systems keep that to their administrator. */
function mayAttach(): boolean {
  const CAP_SYS_PTRACE = 19n;
  const [, capabilities] = /^CapEff:\s*(\w+)/m.exec(Deno.readTextFileSync("/proc/self/status"))!;
  if (BigInt(`0x${capabilities}`) >> CAP_SYS_PTRACE & 1n) return true;
  try {
    return Deno.readTextFileSync("/proc/sys/kernel/yama/ptrace_scope").trim() === "0";
  } catch {
    return true;
  }
}

function strace({ syscall, path }: KillPoint, server: TestServer, when: number): string[] {
  const filter = path ? ["-P", path(server)] : [];
  const inject = `inject=${syscall}:signal=SIGKILL:when=${when}`;
  return [program!, "-f", "-o", "/dev/null", ...filter, "-e", `trace=${syscall}`, "-e", inject];
}

Deno.test({
  name: "a kill between any two steps of an upload leaves what was acknowledged, and it goes on",
  ignore: program === null,
  async fn() {
    await using server = await startServer({ config: { chunks: { min: "16 KiB" } } });
    const client = chunkClient({ url: () => server.url, token: await server.token() });
    const kills: Record<string, number> = {};
    let seed = 0;
    const attaches = mayAttach();
    for (const [name, point] of Object.entries(POINTS)) {
      const wrapped = point.atStart || !attaches;
      for (let when = 1;; when += point.stride) {
        const run = await prepare(client, ++seed);
        const command = strace(point, server, when);
        // A server that runs already: a start makes thousands of other calls, each of them slowed down.
        await using _tracer = wrapped ? null : await startChild([...command, "-p", `${server.pid}`], {
          env: {},
          cwd: server.dataDir,
          ready: / attached/,
        });
        let killed = false;
        let started = false;
        try {
          if (wrapped) await server.restart({ wrapper: [...command, "-D", "-qqq"] });
          started = true;
          await work(client, run, seed);
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          killed = true;
        }
        await server.restart({ wrapper: [] });
        assert.deepEqual(await Array.fromAsync(Deno.readDir(`${server.dataDir}/begun`)), []);
        await verify(client, run, seed);
        if (killed) kills[name] = (kills[name] ?? 0) + 1;
        if (!killed || (point.atStart && started)) break;
      }
      assert.ok(kills[name], `no kill at: ${name}`);
    }
    assert.equal((await server.stop()).code, 0);
    await using app = await startApp({ dataDir: server.dataDir });
    const { blobs } = await assertConsistent(app);
    assert.deepEqual(blobs.filter(({ state }) => state === "deleting"), []);
    console.log(`kills: ${JSON.stringify(kills)}`);
  },
});
