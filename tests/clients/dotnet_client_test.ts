/** System A's client against the real server, which is killed in the middle. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { AdaptiveClient, resumeDownload, sha256 } from "../support/dotnet_client.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";

const MIB = 2 ** 20;

Deno.test("A server that is killed in the middle loses nothing of what it acknowledged to the .NET client, which goes on by itself", async () => {
  await using server = await startServer({ env: { PAWL_AUTH: "off" } });
  const file = { name: "大 file.bin", bytes: randomBytes(6 * MIB + 7, { seed: 1 }) };
  let clock = 0;
  let restarted: Promise<void> | null = null;
  const before = new Set<number>();
  const client = new AdaptiveClient(async (path, init) => {
    if (client.sent.size >= 6 && !restarted) {
      for (const offset of client.sent.keys()) before.add(offset);
      restarted = server.restart();
    }
    const isChunk = path.endsWith("/UploadChunk");
    const response = await server.fetch(path, { ...init, user: null });
    if (isChunk && restarted && response.ok) {
      const offset = Number((init!.body as FormData).get("chunkOffset"));
      assert.ok(!before.has(offset), `${offset} was sent again`);
    }
    return response;
  }, { now: () => clock += 1000, delay: async () => void await restarted });
  await client.upload(file);
  assert.ok(before.size >= 6 && client.sent.size > before.size);

  const path = `/uploads/completed/${encodeURIComponent(file.name)}`;
  const send = (path: string, init?: RequestInit) => server.fetch(path, { ...init, user: null });
  const { status, bytes } = await resumeDownload(send, path, file.bytes.slice(0, MIB));
  assert.deepEqual([status, sha256(bytes)], [206, sha256(file.bytes)]);
  assert.equal((await resumeDownload(send, path, bytes)).status, 416);
});

Deno.test("A chunk that waits for its fields leaves nothing in the temporary folder, though the server is killed", async () => {
  await using server = await startServer({ env: { PAWL_AUTH: "off" } });
  const tmp = join(server.dataDir, "tmp");
  const sent = Promise.withResolvers<void>();
  const bytes = new TextEncoder().encode(
    "--b\r\nContent-Disposition: form-data; name=chunk; filename=c\r\n\r\n" + "x".repeat(200_000),
  );
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(bytes),
    pull() {
      sent.resolve();
      return new Promise<void>(() => {});
    },
  });
  const broken = server.fetch("/api/Upload/UploadChunk", {
    method: "POST",
    user: null,
    body,
    headers: { "Content-Type": "multipart/form-data; boundary=b" },
  }).then((response) => response.body?.cancel(), () => {});
  await sent.promise;
  // The folder is made when the chunk is opened.
  while (!(await Deno.stat(tmp).catch(() => null))) await new Promise((resolve) => setTimeout(resolve, 5));
  await server.kill();
  await broken;
  const left = [...Deno.readDirSync(tmp)];
  assert.ok(left.every(({ name }) => Deno.statSync(join(tmp, name)).size === 0), "no byte stays");
});
