import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { openDiskHasher } from "../../../services/blobs/disk_hasher.ts";
import { Problem } from "../../../services/problem.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { tempDir } from "../../support/temp_dir.ts";

const digestOf = (bytes: Uint8Array) => ({
  sha256: createHash("sha256").update(bytes).digest("hex"),
  crc32: crc32(bytes),
});

async function openHasher() {
  const dir = await tempDir();
  const hasher = openDiskHasher();
  return {
    hasher,
    async file(bytes: Uint8Array) {
      const path = dir.join(crypto.randomUUID());
      await Deno.writeFile(path, bytes);
      return path;
    },
    async [Symbol.asyncDispose]() {
      hasher.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

Deno.test("more uploads than are followed at once are all answered", async () => {
  await using under = await openHasher();
  const bytes = randomBytes(10, { seed: 1 });
  const path = await under.file(bytes);
  const ids = Array.from({ length: 1100 }, (_, index) => `upload ${index}`);
  for (const id of ids) under.hasher.advance(id, { path, front: 5 });
  const digests = await Promise.all(
    ids.map((id) => under.hasher.digest(id, [{ path, offset: 0, length: 10 }])),
  );
  assert.ok(digests.every(({ sha256 }) => sha256 === digestOf(bytes).sha256));
});

Deno.test("hashing reads again what it hashed ahead only when it must", async () => {
  await using under = await openHasher();
  const bytes = randomBytes(1000, { seed: 2 });
  const path = await under.file(bytes);
  const hashed = await under.hasher.digest("a", [{ path, offset: 0, length: 500 }]);
  assert.deepEqual(hashed, digestOf(bytes.subarray(0, 500)));
  // What was hashed is not read again: changed bytes in front of the position go unseen.
  await Deno.writeFile(path, new Uint8Array([...new Uint8Array(500), ...bytes.subarray(500)]));
  assert.deepEqual(await under.hasher.digest("a", [{ path, offset: 0, length: 1000 }]), digestOf(bytes));
});

Deno.test("a file that is shorter than its front fails whoever waits, and is tried anew when asked again", async () => {
  await using under = await openHasher();
  const bytes = randomBytes(1000, { seed: 3 });
  const path = await under.file(bytes.subarray(0, 900));
  under.hasher.advance("a", { path, front: 1000 });
  await assert.rejects(
    under.hasher.digest("a", [{ path, offset: 0, length: 1000 }]),
    (error) => error instanceof Problem && error.code === "storage-unavailable" && error.status === 503,
  );
  await Deno.writeFile(path, bytes);
  assert.deepEqual(await under.hasher.digest("a", [{ path, offset: 0, length: 1000 }]), digestOf(bytes));
});

Deno.test("one upload whose digest is waited for goes before those that are hashed ahead", async () => {
  await using under = await openHasher();
  const large = randomBytes(64 * 1024 * 1024, { seed: 4 });
  const path = await under.file(large);
  const small = randomBytes(10, { seed: 5 });
  const smallPath = await under.file(small);
  const order: string[] = [];
  under.hasher.advance("large", { path, front: large.length });
  await under.hasher.digest("small", [{ path: smallPath, offset: 0, length: 10 }]).then(() =>
    order.push("small")
  );
  await under.hasher.digest("large", [{ path, offset: 0, length: large.length }]).then(() =>
    order.push("large")
  );
  assert.deepEqual(order, ["small", "large"]);
});
