import assert from "node:assert/strict";
import { startOnSmallDisk } from "../support/small_disk.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";

const strace = tool("strace", import.meta.url);

async function ready(server: TestServer) {
  const response = await server.fetch("/health/ready", { user: null });
  return { status: response.status, body: await response.json() };
}

/** Holds the calls of `syscall` on `path` that `when` names up for longer than a check may take. */
const hanging = ({ path, syscall, when }: { path: string; syscall: string; when: string }) => [
  ...[strace!, "-D", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-P", path, "-e", `trace=${syscall}`],
  ...["-e", `inject=${syscall}:delay_enter=6000000:when=${when}`],
];

Deno.test({
  name:
    "while the disk of files stands still the server is not ready, says so in time, and is ready again afterwards",
  ignore: strace === null,
  async fn() {
    await using server = await startServer();
    await server.stop();
    const path = `${server.dataDir}/begun/health`;
    await server.restart({ wrapper: hanging({ path, syscall: "fdatasync", when: "1" }) });
    let answer = await ready(server);
    assert.deepEqual([answer.status, answer.body.status, answer.body.checks.storage], [
      503,
      "not-ready",
      "silent",
    ]);
    while (answer.status !== 200) answer = await ready(server);
    assert.deepEqual(answer.body, { status: "ready", checks: { records: "ok", storage: "ok" } });
  },
});

Deno.test({
  name:
    "while the database stands still the server is not ready, says so in time, and is ready again afterwards",
  ignore: strace === null,
  async fn() {
    await using server = await startServer();
    await server.stop();
    const path = `${server.dataDir}/pawl.kv-wal`;
    // Later than what the start writes.
    await server.restart({ wrapper: hanging({ path, syscall: "fsync", when: "100" }) });
    let isOver = false;
    const writing = (async () => {
      while (!isOver) {
        const body = JSON.stringify({ fileName: "a.bin", size: 4, forceNew: true });
        const headers = { "Content-Type": "application/json" };
        const opened = await server.fetch("/api/v1/uploads", { method: "POST", body, headers });
        assert.equal(opened.status, 201);
        await opened.body?.cancel();
      }
    })();
    let answer = await ready(server);
    while (answer.body.checks.records === "ok") answer = await ready(server);
    assert.deepEqual([answer.status, answer.body.status, answer.body.checks.records], [
      503,
      "not-ready",
      "silent",
    ]);
    while (answer.status !== 200) answer = await ready(server);
    isOver = true;
    await writing;
  },
});

Deno.test("on a full disk the server stays ready for what can be done there, and says that it is full", async () => {
  await using disk = await startOnSmallDisk({ mebibytes: 100 });
  assert.deepEqual((await ready(disk.server)).body.checks, { records: "ok", storage: "ok" });
  await disk.fill();
  let answer = await ready(disk.server);
  while (answer.body.checks.storage === "ok") answer = await ready(disk.server);
  assert.deepEqual([answer.status, answer.body.checks.storage], [200, "full"]);
  await disk.empty();
  // Each of the two finds out by itself.
  while (Object.values(answer.body.checks).includes("full")) answer = await ready(disk.server);
  assert.deepEqual(answer.body.checks, { records: "ok", storage: "ok" });
});
