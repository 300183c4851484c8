import assert from "node:assert/strict";
import { chunkClient } from "../support/chunk_client.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";

const strace = tool("strace", import.meta.url);

const FAILURES = {
  "the sync of bytes": { syscall: "fdatasync", on: (_: string, blob: string) => blob },
  "the write of bytes": { syscall: "write", on: (_: string, blob: string) => blob },
  "the sync of their folder": {
    syscall: "fsync",
    on: (_: string, blob: string) => blob.replace(/\/[^/]+$/, ""),
  },
  "the sync of records": { syscall: "fsync", on: (dataDir: string) => `${dataDir}/pawl.kv-wal` },
  "the write of records": { syscall: "pwrite64", on: (dataDir: string) => `${dataDir}/pawl.kv-wal` },
};

async function onlyBlob(dataDir: string): Promise<string> {
  const only = async (path: string) => {
    const [entry] = await Array.fromAsync(Deno.readDir(path));
    return `${path}/${entry!.name}`;
  };
  return await only(await only(`${dataDir}/blobs`));
}

for (const [what, { syscall, on }] of Object.entries(FAILURES)) {
  Deno.test({
    name: `a chunk is not acknowledged when ${what} fails, and counts when it is sent again`,
    ignore: strace === null,
    async fn() {
      await using server = await startServer();
      const client = chunkClient({ url: () => server.url, token: await server.token() });
      const bytes = randomBytes(1024 * 1024, { seed: 1 });
      const first = bytes.slice(0, 512 * 1024), second = bytes.slice(512 * 1024);
      const { body: { id } } = await client.open({ fileName: "a.bin", size: bytes.length });
      assert.equal((await client.put({ id, offset: 0 }, first)).status, 200);
      await server.stop();

      // strace counts by thread: each fails a few times, as the start may write, too.
      const path = on(server.dataDir, await onlyBlob(server.dataDir));
      const inject = ["-P", path, "-e", `trace=${syscall}`, "-e", `inject=${syscall}:error=EIO:when=1..3`];
      await server.restart({
        wrapper: [strace!, "-D", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", ...inject],
      });
      let failures = 0;
      for (;;) {
        const { status, body, headers } = await client.put({ id, offset: first.length }, second, {
          digest: true,
        });
        if (status === 200) break;
        failures++;
        assert.deepEqual([status, body.code], [503, "storage-unavailable"]);
        assert.ok(Number(headers.get("retry-after")) > 0);
        assert.deepEqual((await client.session(id)).body.received, [{ offset: 0, size: first.length }]);
      }
      assert.ok(failures > 0, "nothing failed");
      await server.restart({ wrapper: [] });
      const { status, body } = await client.complete(id);
      assert.ok(status === 201 || status === 200);
      assert.deepEqual(await client.download(body.id), bytes);
    },
  });
}
