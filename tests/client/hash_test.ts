import assert from "node:assert/strict";
import { fingerprint } from "../../client/mod.ts";
import { samplesOf } from "../../client/fingerprint.ts";
import { contentDigest, digestOf, newSha256, sha256OfReprDigest, toHex } from "../../client/hash.ts";
import { openSource } from "../../client/source.ts";
import { newWholeHash } from "../../client/whole_hash.ts";
import { randomBytes, randomSha256 } from "../support/random_bytes.ts";

const KIB = 1024;

/** Runs `work` as in a browser, which has no `process`. */
async function withoutNode<T>(work: () => Promise<T>): Promise<T> {
  const { process } = globalThis as { process?: unknown };
  Object.defineProperty(globalThis, "process", { value: undefined, configurable: true });
  try {
    return await work();
  } finally {
    Object.defineProperty(globalThis, "process", { value: process, configurable: true, writable: true });
  }
}

Deno.test("digests are the same by whatever computes them", async () => {
  const bytes = randomBytes(300_001, { seed: 5 });
  const expected = randomSha256(300_001, { seed: 5 });
  assert.equal(toHex(await digestOf(bytes)), expected);
  const inPieces = () => {
    const hash = newSha256();
    for (let at = 0; at < bytes.length; at += 1000) hash.update(bytes.subarray(at, at + 1000));
    return Promise.resolve(hash.hex());
  };
  assert.equal(await inPieces(), expected);
  assert.equal(await withoutNode(inPieces), expected);
  const header = contentDigest(await digestOf(bytes));
  assert.equal(sha256OfReprDigest(`md5=:AAAA:, ${header}`), expected);
  assert.equal(sha256OfReprDigest("md5=:AAAA:"), null);
  assert.equal(sha256OfReprDigest(null), null);
});

Deno.test("a whole file is hashed natively, by a worker, or in the page when there is no worker", async () => {
  const size = 9 * KIB * KIB + 1;
  const source = await openSource(new Blob([randomBytes(size, { seed: 9 })]));
  const { signal } = new AbortController();
  const expected = randomSha256(size, { seed: 9 });
  const worker = new URL("../../client/hash_worker.ts", import.meta.url);
  assert.equal(await newWholeHash(undefined).of(source, signal), expected);
  await withoutNode(async () => {
    const byWorker = newWholeHash(worker);
    const both = await Promise.all([byWorker.of(source, signal), byWorker.of(source, signal)]);
    assert.deepEqual(both, [expected, expected]);
    assert.equal(await newWholeHash(null).of(source, signal), expected);
    const broken =
      "data:text/javascript,onmessage = ({ data }) => postMessage({ id: data.id, failed: 'no memory' })";
    assert.equal(await newWholeHash(broken).of(source, signal), expected);
  });
});

Deno.test("a hash that nobody waits for any more ends, and others go on", async () => {
  const source = await openSource(new Blob([randomBytes(8 * KIB * KIB, { seed: 2 })]));
  const expected = randomSha256(8 * KIB * KIB, { seed: 2 });
  await withoutNode(async () => {
    const byWorker = newWholeHash(new URL("../../client/hash_worker.ts", import.meta.url));
    const stop = new AbortController();
    const first = byWorker.of(source, stop.signal);
    const second = byWorker.of(source, new AbortController().signal);
    stop.abort(new Error("no more"));
    await assert.rejects(first, /no more/);
    assert.equal(await second, expected);
  });
});

Deno.test("fingerprints tell size, head, middle and tail apart, and read little of a large file", async () => {
  const size = 5_000_000;
  const original = randomBytes(size, { seed: 1 });
  const mark = await fingerprint(new Blob([original]));
  assert.match(mark, /^s1-[0-9a-f]{64}$/);
  assert.equal(await fingerprint({ size, read: (start, end) => original.slice(start, end) }), mark);
  for (const at of [0, Math.floor(size / 2), size - 1]) {
    const changed = original.slice();
    changed[at]! ^= 1;
    assert.notEqual(await fingerprint(new Blob([changed])), mark);
  }
  assert.notEqual(await fingerprint(new Blob([original.subarray(0, size - 1)])), mark);
  assert.notEqual(await fingerprint(new Blob([])), await fingerprint(new Blob(["\0"])));

  const samples = samplesOf(1e12);
  assert.equal(samples.reduce((sum, [start, end]) => sum + end - start, 0), 5 * 64 * KIB);
  assert.deepEqual([samples[0]![0], samples.at(-1)![1]], [0, 1e12]);
});
