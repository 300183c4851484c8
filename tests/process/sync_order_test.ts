import assert from "node:assert/strict";
import { chunkClient } from "../support/chunk_client.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";
import { OFFSET_BYTES } from "../support/tus.ts";

const strace = tool("strace", import.meta.url);

const MIB = 1024 * 1024;
const TUS = { "tus-resumable": "1.0.0" };

interface Call {
  name: string;
  /** What it works on; the text of the answer for `sendto`. */
  target: string;
  /** Lines of the trace at which it began and had ended. */
  from: number;
  to: number;
}

/** System calls in the order of their beginning. */
function parseTrace(trace: string): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<string, Call>();
  trace.split("\n").forEach((line, at) => {
    const resumed = /^(\d+) +<\.\.\. (\w+) resumed>/.exec(line);
    if (resumed) {
      const call = unfinished.get(resumed[1]!);
      if (call) call.to = at;
      return;
    }
    const [, thread, name, args] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    if (name === undefined) return;
    const [, descriptor] = /^\d+<([^>]*)>/.exec(args!) ?? [];
    const [, text] = /"([^"]*)"/.exec(args!) ?? [];
    const target = name === "sendto" || !descriptor ? text ?? "" : descriptor;
    const call = { name, target, from: at, to: at };
    calls.push(call);
    if (!line.endsWith("<unfinished ...>")) return;
    call.to = Infinity;
    unfinished.set(thread!, call);
  });
  return calls;
}

const parentOf = (path: string) => path.replace(/\/[^/]+$/, "");

/**
 * Throws unless all that an answer speaks of was on stable storage before its first byte went out: first the bytes and
 * their names, then a record. Others may commit at the same time.
 */
function assertDurable(calls: Call[], { answer, dataDir }: { answer: Call; dataDir: string }): void {
  const before = calls.filter(({ from }) => from < answer.from);
  const wal = `${dataDir}/pawl.kv-wal`;
  /** Line at which `target` was on stable storage as it was at `line`; -1: it was not. */
  const synced = (target: string, line: number) =>
    before.find(({ name, target: on, from }) => /^f(data)?sync$/.test(name) && on === target && from > line)
      ?.to ?? -1;
  const written = before.findLast(({ name, target }) => name === "write" && target.includes("/blobs/"));
  assert.ok(written, "no bytes were written");
  const bytesSynced = synced(written.target, written.to);
  assert.ok(bytesSynced >= 0, "bytes are not synced");
  const folder = synced(parentOf(written.target), 0);
  assert.ok(folder >= 0, "the blob's name is not synced");
  const folders = before.filter(({ name, target }) =>
    name === "mkdir" && target.startsWith(`${dataDir}/blobs`)
  );
  const names = folders.map(({ target, to }) => synced(parentOf(target), to));
  assert.ok(names.every((line) => line >= 0), "a folder's name is not synced");

  const ready = Math.max(bytesSynced, folder, ...names);
  const record = before.find(({ name, target, from }) =>
    name === "pwrite64" && target === wal && from > ready
  );
  assert.ok(record, "no record was written after the bytes and names were on stable storage");
  const recordSynced = synced(wal, record.to);
  assert.ok(recordSynced >= 0 && recordSynced < answer.from, "the record is not synced before the answer");
}

Deno.test({
  name:
    "bytes, their names and their records are on stable storage before a chunk, an append or a file is acknowledged",
  ignore: strace === null,
  async fn() {
    await using dir = await tempDir();
    const trace = dir.join("trace");
    const calls = "trace=write,pwrite64,fsync,fdatasync,mkdir,sendto";
    await using server = await startServer({
      // It commits at the start.
      config: { jobs: { storageReport: { enabled: false } } },
      wrapper: [strace!, "-D", "-f", "--seccomp-bpf", "-y", "-qqq", "-s", "20", "-o", trace, "-e", calls],
    });
    const client = chunkClient({ url: () => server.url, token: await server.token() });
    const bytes = randomBytes(3 * MIB, { seed: 1 });
    const { body: { id } } = await client.open({ fileName: "chunks.bin", size: bytes.length });
    assert.equal((await client.put({ id, offset: 0 }, bytes, { digest: true })).status, 200);
    assert.equal((await client.file("whole.bin", bytes.slice(1))).status, 201);
    const sequential = (method: string, path: string, headers: Record<string, string>, body: BodyInit) =>
      client.send(method, path, { headers: { ...TUS, "content-type": OFFSET_BYTES, ...headers }, body });
    const begun = await sequential("POST", "/files", { "upload-length": `${MIB}` }, bytes.slice(0, 1000));
    const path = begun.headers.get("location")!;
    const append = (from: number, to: number) =>
      sequential("PATCH", path, { "upload-offset": `${from}` }, bytes.slice(from, to));
    assert.equal((await append(1000, 2000)).status, 204);
    assert.equal((await append(2000, MIB)).headers.has("pawl-attachment-id"), true);
    const draft = { "upload-complete": "?1", "content-type": "application/octet-stream" };
    assert.equal((await sequential("POST", "/files", draft, bytes.slice(2))).status, 201);
    assert.equal((await server.stop()).code, 0);

    const traced = parseTrace(await Deno.readTextFile(trace));
    const answers = traced.filter(({ name, target }) => name === "sendto" && target.startsWith("HTTP/1.1 2"));
    assert.deepEqual(answers.map(({ target }) => target.slice(9, 12)), [
      "201",
      "200",
      "201",
      "201",
      "204",
      "204",
      "201",
    ]);
    for (const answer of answers.slice(1)) assertDurable(traced, { answer, dataDir: server.dataDir });
  },
});
