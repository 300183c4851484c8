import assert from "node:assert/strict";
import { chunkClient } from "../support/chunk_client.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const strace = tool("strace", import.meta.url);

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

/** Throws unless all that an answer speaks of was on stable storage before its first byte went out. */
function assertDurable(calls: Call[], { answer, dataDir }: { answer: Call; dataDir: string }): void {
  const before = calls.filter(({ from }) => from < answer.from);
  const wal = `${dataDir}/pawl.kv-wal`;
  /** Whether `target` was synced after `line` and before `end`. */
  const synced = (target: string, line: number, end: number) =>
    before.some(({ name, target: on, from, to }) =>
      /^f(data)?sync$/.test(name) && on === target && from > line && to < end
    );
  const written = before.findLast(({ name, target }) => name === "write" && target.includes("/blobs/"));
  assert.ok(written, "no bytes were written");
  const commit = before.find(({ name, target, from }) =>
    name === "pwrite64" && target === wal && from > written.from
  );
  assert.ok(commit, "no record was written after the bytes");
  assert.ok(synced(written.target, written.to, commit.from), "bytes are synced before their record");
  const lastPage = before.findLast(({ name, target }) => name === "pwrite64" && target === wal)!;
  assert.ok(synced(wal, lastPage.to, answer.from), "the record is synced before the answer");
  const folder = parentOf(written.target);
  assert.ok(synced(folder, 0, commit.from), "the blob's name is synced before the record");
  for (const { name, target, to } of before) {
    if (name !== "mkdir" || !target.startsWith(`${dataDir}/blobs`)) continue;
    assert.ok(synced(parentOf(target), to, commit.from), `the name of ${target} is synced before the record`);
  }
}

Deno.test({
  name: "bytes, their names and their records are on stable storage before a chunk or a file is acknowledged",
  ignore: strace === null,
  async fn() {
    await using dir = await tempDir();
    const trace = dir.join("trace");
    const calls = "trace=write,pwrite64,fsync,fdatasync,mkdir,sendto";
    await using server = await startServer({
      wrapper: [strace!, "-D", "-f", "-y", "-qqq", "-s", "20", "-o", trace, "-e", calls],
    });
    const client = chunkClient({ url: () => server.url, token: await server.token() });
    const bytes = randomBytes(3 * 1024 * 1024, { seed: 1 });
    const { body: { id } } = await client.open({ fileName: "chunks.bin", size: bytes.length });
    assert.equal((await client.put({ id, offset: 0 }, bytes, { digest: true })).status, 200);
    assert.equal((await client.file("whole.bin", bytes.slice(1))).status, 201);
    assert.equal((await server.stop()).code, 0);

    const traced = parseTrace(await Deno.readTextFile(trace));
    const answers = traced.filter(({ name, target }) => name === "sendto" && target.startsWith("HTTP/1.1 2"));
    assert.deepEqual(answers.map(({ target }) => target.slice(9, 12)), ["201", "200", "201"]);
    for (const answer of answers.slice(1)) assertDurable(traced, { answer, dataDir: server.dataDir });
  },
});
