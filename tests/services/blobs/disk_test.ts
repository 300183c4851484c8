import assert from "node:assert/strict";
import { join } from "node:path";
import { openDisk } from "../../../services/blobs/disk.ts";
import { Problem, type ProblemCode } from "../../../services/problem.ts";
import { testBlobStore } from "../../contract/blob_store.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { tempDir } from "../../support/temp_dir.ts";

const isProblem = (code: ProblemCode) => (error: unknown) => error instanceof Problem && error.code === code;

async function openStore() {
  const dir = await tempDir();
  let store = await openDisk({ directory: dir.path, now: Date.now });
  return {
    dir,
    get store() {
      return store;
    },
    pathOf: (id: string) => join(dir.path, "blobs", id.slice(0, 8), id.slice(9)),
    async reopen() {
      store.close();
      return store = await openDisk({ directory: dir.path, now: Date.now });
    },
    async [Symbol.asyncDispose]() {
      store.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

testBlobStore("the disk", openStore);

Deno.test("the disk keeps blobs in folders by day, readable to nobody else", async () => {
  await using under = await openStore();
  const { store, dir } = under;
  const id = store.newId();
  (await store.openWriter(id, { announce: true })).close();
  const mode = async (path: string) => ((await Deno.stat(path)).mode! & 0o777).toString(8);
  assert.equal(id.slice(0, 8), new Date().toISOString().slice(0, 10).replaceAll("-", ""));
  assert.equal(await mode(under.pathOf(id)), "600");
  const [note] = await Array.fromAsync(Deno.readDir(dir.join("begun")));
  assert.equal(await mode(dir.join(`begun/${note!.name}`)), "600");
  for (const folder of ["blobs", "begun", `blobs/${id.slice(0, 8)}`]) {
    assert.equal(await mode(dir.join(folder)), "700", folder);
  }
});

Deno.test("the disk takes a blob that is far apart without filling the room between", async () => {
  await using under = await openStore();
  const id = under.store.newId();
  const writer = await under.store.openWriter(id);
  const far = 6 * 1024 ** 3;
  await writer.write(far, Uint8Array.of(1, 2, 3));
  await writer.sync();
  writer.close();
  const { size, blocks } = await Deno.stat(under.pathOf(id));
  assert.equal(size, far + 3);
  assert.ok(blocks! * 512 < 1024 * 1024, `${blocks} blocks`);
  const reader = await under.store.openReader(under.store.segments(id, far + 3));
  const into = new Uint8Array(10);
  assert.equal(await reader.read(into, far), 3);
  assert.deepEqual(into.slice(0, 3), Uint8Array.of(1, 2, 3));
  reader.close();
});

Deno.test("a full disk is told as disk-full, and its writer commits nothing any more", async () => {
  await using under = await openStore();
  const { store } = under;
  const id = store.newId();
  (await store.openWriter(id)).close();
  // Every write to /dev/full fails as on a full disk.
  await Deno.remove(under.pathOf(id));
  await Deno.symlink("/dev/full", under.pathOf(id));
  const writer = await store.openWriter(id);
  try {
    await assert.rejects(writer.write(0, new Uint8Array(10)), isProblem("disk-full"));
    // Nothing to write cannot fail by itself.
    await assert.rejects(writer.write(0, new Uint8Array()), isProblem("storage-unavailable"));
    await assert.rejects(writer.sync(), isProblem("storage-unavailable"));
  } finally {
    writer.close();
  }
  await store.remove(id);
  const again = await store.openWriter(id);
  await again.write(0, new Uint8Array(10));
  await again.sync();
  again.close();
});

Deno.test("a writer whose sync failed commits nothing any more, while others go on", async () => {
  await using under = await openStore();
  const { store } = under;
  const id = store.newId();
  const writer = await store.openWriter(id);
  await writer.write(0, new Uint8Array(10));
  const day = join(under.pathOf(id), "..");
  // Its name cannot be made durable while the folder is away.
  await Deno.rename(day, `${day}-away`);
  await assert.rejects(writer.sync(), isProblem("storage-unavailable"));
  await Deno.rename(`${day}-away`, day);
  await assert.rejects(writer.sync(), isProblem("storage-unavailable"));
  await assert.rejects(writer.write(0, new Uint8Array(1)), isProblem("storage-unavailable"));
  writer.close();

  const other = await store.openWriter(id);
  await other.write(0, new Uint8Array(20));
  await other.sync();
  other.close();
});

Deno.test("a disk that cannot be written to fails its check, and says so to writers", async () => {
  await using under = await openStore();
  const { store, dir } = under;
  await Deno.rename(dir.join("begun"), dir.join("begun-away"));
  await assert.rejects(store.check(), isProblem("storage-unavailable"));
  await assert.rejects(store.openWriter(store.newId(), { announce: true }), isProblem("storage-unavailable"));
  await Deno.rename(dir.join("begun-away"), dir.join("begun"));
  await store.check();
});

Deno.test("the disk reads no folder as a blob, and follows no id out of its folder", async () => {
  await using under = await openStore();
  const { store } = under;
  const id = store.newId();
  (await store.openWriter(id)).close();
  await Deno.remove(under.pathOf(id));
  await Deno.mkdir(under.pathOf(id));
  await assert.rejects(store.openReader(store.segments(id, 1)), isProblem("blob-missing"));
  for (const foreign of ["../../secret", `${id}/../x`, "", `${id}x`]) {
    await assert.rejects(store.openWriter(foreign), /Not a blob id/, foreign);
    await assert.rejects(store.remove(foreign), /Not a blob id/, foreign);
  }
});

Deno.test("files of others in the folder of begun blobs are passed over", async () => {
  await using under = await openStore();
  await Deno.writeTextFile(under.dir.join("begun/.nfs0001"), "");
  await Deno.writeTextFile(under.dir.join("begun/health"), "");
  assert.deepEqual(await under.store.unsettled(), []);
});

Deno.test("many first writers of a day make its folder once and all succeed", async () => {
  await using under = await openStore();
  const { store } = under;
  const ids = Array.from({ length: 50 }, () => store.newId());
  const bytes = randomBytes(100, { seed: 1 });
  await Promise.all(ids.map(async (id) => {
    const writer = await store.openWriter(id);
    try {
      await writer.write(0, bytes);
      await writer.sync();
    } finally {
      writer.close();
    }
  }));
  const reader = await store.openReader(ids.flatMap((id) => store.segments(id, 100)));
  const last = new Uint8Array(100);
  assert.equal(await reader.read(last, 4900), 100);
  assert.deepEqual(last, bytes);
  reader.close();
});
