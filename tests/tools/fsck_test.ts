import assert from "node:assert/strict";
import { chunkClient } from "../support/chunk_client.ts";
import { runTask } from "../support/commands.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { readArguments } from "../../tools/fsck.ts";

async function anyBlob({ dataDir }: TestServer): Promise<string> {
  for await (const day of Deno.readDir(`${dataDir}/blobs`)) {
    for await (const { name } of Deno.readDir(`${dataDir}/blobs/${day.name}`)) {
      return `${dataDir}/blobs/${day.name}/${name}`;
    }
  }
  throw new Error("no blob");
}

Deno.test("a store is checked and mended through the running server, and by itself when none runs", async () => {
  await using server = await startServer();
  const client = chunkClient({ url: () => server.url, token: await server.token() });
  const bytes = randomBytes(1000, { seed: 1 });
  const { body: { id } } = await client.file("file.bin", bytes);
  const clean = await runTask("fsck", ["--bytes"], server);
  assert.deepEqual([clean.code, clean.stderr], [0, ""]);
  assert.match(clean.stdout, /1 files.*\nNothing is wrong\.\n$/);

  const path = await anyBlob(server);
  await Deno.truncate(path, 5);
  const found = await runTask("fsck", [], server);
  assert.equal(found.code, 3, found.stderr);
  assert.match(found.stdout, /missing-bytes: .*\n[^]*Nothing was changed/);
  const marked = await runTask("fsck", ["--mend"], server);
  assert.equal(marked.code, 3);
  assert.match(marked.stdout, /\[marked\]/);
  const { status } = await client.send("GET", `/api/v1/attachments/${id}/content`);
  assert.equal(status, 500);

  // As after a crash, without a server.
  await server.kill();
  const alone = await runTask("fsck", [], server);
  assert.equal(alone.code, 3, alone.stderr);
  assert.match(alone.stdout, /file-without-bytes: .*"file\.bin"/);
  await Deno.writeFile(path, bytes);
  const mended = await runTask("fsck", ["--mend"], server);
  assert.match(mended.stdout, /healed-bytes: .*\[mended\]/);
  const after = await runTask("fsck", [], server);
  assert.deepEqual([after.code, after.stderr], [0, ""], after.stdout);
  await server.restart();
  assert.deepEqual(await client.download(id), bytes);
});

Deno.test("without a store that can be opened the check says why, and makes none", async () => {
  await using dir = await tempDir();
  const secret = "x".repeat(32);
  const absent = await runTask("fsck", [], { dataDir: dir.join("none"), secret });
  assert.equal(absent.code, 1);
  assert.match(absent.stderr, /no records in .*none: is that the server's data directory/);
  await assert.rejects(Deno.stat(dir.join("none")));
  await Deno.writeTextFile(dir.join("pawl.kv"), "no database".repeat(1000));
  const other = await runTask("fsck", [], { dataDir: dir.path, secret });
  assert.equal(other.code, 1);
  assert.match(other.stderr, /data directory .* cannot be used/);
});

Deno.test("what cannot be understood is said in a sentence", () => {
  assert.deepEqual(readArguments([]), { mend: false, bytes: false });
  assert.deepEqual(readArguments(["--mend", "--bytes"]), { mend: true, bytes: true });
  assert.deepEqual(readArguments(["--help"]), { help: true });
  assert.ok("mistake" in readArguments(["--repair"]));
  assert.ok("mistake" in readArguments(["data"]));
});
