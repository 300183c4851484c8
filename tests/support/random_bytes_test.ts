import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { fillRandom, randomBytes, randomSha256, randomStream, verifyRandom } from "./random_bytes.ts";

const KIB = 1024;

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

Deno.test("a byte of random content depends on its seed and position alone", () => {
  const whole = randomBytes(300 * KIB, { seed: 7 });
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(150 * KIB), (offset, size) => {
      const part = new Uint8Array(Math.min(size, whole.length - offset));
      fillRandom(part, { seed: 7, offset });
      assert.deepEqual(part, whole.subarray(offset, offset + part.length));
    }),
    { numRuns: 50 },
  );
});

Deno.test("random content of another seed, another block or beyond 4 GiB is other content", () => {
  const sample = (seed: number, offset: number) => randomSha256(KIB, { seed, offset });
  const far = 5 * 2 ** 30;
  const seen = [
    sample(1, 0),
    sample(2, 0),
    sample(1, 64 * KIB),
    sample(1, 1),
    sample(1, far),
    sample(1, 2 * far),
  ];
  assert.equal(new Set(seen).size, seen.length);
});

Deno.test("a random stream is the content, verifies as such and has its digest", async () => {
  const content = { seed: 3, offset: 12_345 };
  const size = 700 * KIB + 1;
  const bytes = randomBytes(size, content);
  const streamed = new Uint8Array(await new Response(randomStream(size, content)).arrayBuffer());
  assert.deepEqual(streamed, bytes);
  assert.equal(await verifyRandom(randomStream(size, content), content), size);
  assert.equal(await verifyRandom(pieces(bytes, 999), content), size);
  assert.equal(randomSha256(size, content), createHash("sha256").update(bytes).digest("hex"));
});

Deno.test("an empty random stream ends at once", async () => {
  assert.equal(await verifyRandom(randomStream(0, { seed: 1 }), { seed: 1 }), 0);
  assert.equal(randomSha256(0, { seed: 1 }), createHash("sha256").digest("hex"));
});

Deno.test("verifying names the first wrong byte", async () => {
  const bytes = randomBytes(200 * KIB, { seed: 1, offset: 10 });
  bytes[150_000]! ^= 1;
  bytes[150_001]! ^= 1;
  await assert.rejects(verifyRandom(pieces(bytes, 4096), { seed: 1, offset: 10 }), /^Error: byte 150010 is /);
});
