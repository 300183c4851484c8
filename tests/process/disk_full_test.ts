import assert from "node:assert/strict";
import { type Answer, chunkClient } from "../support/chunk_client.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startOnSmallDisk } from "../support/small_disk.ts";

const MIB = 1024 * 1024;

function assertFull({ status, body, headers }: Answer): void {
  assert.deepEqual([status, body.code], [507, "disk-full"]);
  assert.ok(Number(headers.get("retry-after")) > 0);
}

Deno.test("uploads that fill the disk are refused in time for everything else to go on", async () => {
  await using disk = await startOnSmallDisk({ mebibytes: 80 });
  const { server } = disk;
  const client = chunkClient({ url: () => server.url, token: await server.token() });
  const bytes = randomBytes(2 * MIB, { seed: 1 });
  const half = (at: number) => bytes.slice(at * MIB, (at + 1) * MIB);
  const stored = (await client.file("stored.bin", bytes)).body.id;
  const { body: { id } } = await client.open({ fileName: "half.bin", size: 2 * MIB, chunkSize: MIB });
  assert.equal((await client.put({ id, offset: 0 }, half(0), { digest: true })).status, 200);

  const { body: greedy } = await client.open({ fileName: "greedy.bin", size: 64 * MIB, chunkSize: MIB });
  const chunk = (slot: number) =>
    client.put({ id: greedy.id, offset: slot * MIB }, randomBytes(MIB, { seed: slot }));
  let last = await chunk(0), acknowledged = 0;
  for (; last.status === 200; acknowledged++) last = await chunk(acknowledged + 1);
  assertFull(last);
  assertFull(await client.put({ id, offset: MIB }, half(1), { digest: true }));
  assertFull(await client.file("late.bin", bytes));

  // Everything acknowledged is there, and what needs no room for bytes works.
  assert.deepEqual((await client.session(id)).body.received, [{ offset: 0, size: MIB }]);
  assert.ok((await client.session(greedy.id)).body.receivedBytes >= acknowledged * MIB);
  assert.deepEqual(await client.download(stored), bytes);
  assert.equal((await client.send("DELETE", `/api/v1/attachments/${stored}`)).status, 204);
  assert.equal((await client.send("POST", `/api/v1/attachments/${stored}/restore`)).status, 200);
  assert.equal((await client.send("DELETE", `/api/v1/uploads/${greedy.id}`)).status, 204);

  assert.equal((await client.put({ id, offset: MIB }, half(1), { digest: true })).status, 200);
  const { body: attachment } = await client.complete(id);
  assert.deepEqual(await client.download(attachment.id), bytes);
  assert.deepEqual((await client.list()).map(({ fileName }) => fileName).sort(), ["half.bin", "stored.bin"]);
  assert.equal((await server.stop()).code, 0);
});

Deno.test("a disk that others filled to the last byte refuses records too, until there is room again", async () => {
  await using disk = await startOnSmallDisk({ mebibytes: 80 });
  const { server } = disk;
  const client = chunkClient({ url: () => server.url, token: await server.token() });
  const bytes = randomBytes(MIB, { seed: 1 });
  const stored = (await client.file("stored.bin", bytes)).body.id;
  const { body: { id } } = await client.open({ fileName: "chunks.bin", size: MIB + 1 });
  assert.equal((await client.put({ id, offset: 0 }, bytes)).status, 200);

  await disk.fill();
  assertFull(await client.put({ id, offset: MIB }, new Uint8Array(1)));
  // The records' log has some room left at first.
  let opened: Answer;
  do {
    opened = await client.open({ fileName: "late.bin", size: 1, forceNew: true });
  } while (opened.status === 201);
  assertFull(opened);
  assertFull(await client.send("PATCH", `/api/v1/attachments/${stored}`, { json: { fileName: "new.bin" } }));
  assert.deepEqual(await client.download(stored), bytes);
  assert.deepEqual((await client.session(id)).body.received, [{ offset: 0, size: MIB }]);
  assert.equal((await client.list()).length, 1);

  await disk.empty();
  assert.equal((await client.put({ id, offset: MIB }, new Uint8Array(1))).status, 200);
  assert.equal((await client.complete(id)).status, 201);
  await disk.fill();
  // Also a stop needs no room.
  assert.equal((await server.stop()).code, 0, server.output());
});
