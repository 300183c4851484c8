/**
 * What every `BlobStore` must do: each implementation runs this suite from its own test file. Stores that can
 * fail on purpose show the rest there.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { BlobReader, BlobStore } from "../../services/blobs/blob_store.ts";
import { Problem, type ProblemCode } from "../../services/problem.ts";
import { randomBytes } from "../support/random_bytes.ts";

/** A store of its own with nothing in it; disposing closes and removes it. */
export interface StoreUnderTest extends AsyncDisposable {
  store: BlobStore;
  /** Another store on the same data, as the next process would open it. The first one is closed before. */
  reopen(): Promise<BlobStore>;
}

type Bytes = Uint8Array<ArrayBuffer>;

const digestOf = (bytes: Uint8Array) => ({
  sha256: createHash("sha256").update(bytes).digest("hex"),
  crc32: crc32(bytes),
});

/** Digest of the first bytes of one blob. */
const firstBytes = (store: BlobStore, id: string, size: number) => store.digest(id, store.segments(id, size));

const isProblem = (code: ProblemCode) => (error: unknown) => error instanceof Problem && error.code === code;

/** Writes a blob whole, as one upload does. */
async function stored(store: BlobStore, bytes: Bytes): Promise<string> {
  const id = store.newId();
  await write(store, { id, pieces: [[0, bytes]] });
  return id;
}

async function write(store: BlobStore, { id, pieces }: { id: string; pieces: [number, Bytes][] }) {
  const writer = await store.openWriter(id);
  try {
    for (const [position, bytes] of pieces) await writer.write(position, bytes);
    await writer.sync();
  } finally {
    writer.close();
  }
}

/** Reads from `position` to the end, however short the single reads are. */
async function readAll(reader: BlobReader, { position = 0, into = 1000 } = {}): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for (let at = position;;) {
    const piece = new Uint8Array(into);
    const count = await reader.read(piece, at);
    if (count === 0) return await new Blob(pieces).bytes();
    pieces.push(piece.slice(0, count));
    at += count;
  }
}

async function contentOf(store: BlobStore, { id, size }: { id: string; size: number }): Promise<Bytes> {
  const reader = await store.openReader(store.segments(id, size));
  try {
    return await readAll(reader);
  } finally {
    reader.close();
  }
}

/** Registers the suite; `name` begins each sentence. */
export function testBlobStore(name: string, open: () => Promise<StoreUnderTest>): void {
  const test = (sentence: string, run: (store: BlobStore, under: StoreUnderTest) => Promise<void>) =>
    Deno.test(`${name} ${sentence}`, async () => {
      await using under = await open();
      await run(under.store, under);
    });

  test("gives each blob an id of its own", (store) => {
    const ids = Array.from({ length: 1000 }, () => store.newId());
    assert.equal(new Set(ids).size, 1000);
    return Promise.resolve();
  });

  test("keeps what was synced for the next process", async (store, under) => {
    const bytes = randomBytes(5000, { seed: 1 });
    const id = await stored(store, bytes);
    const next = await under.reopen();
    assert.deepEqual(await contentOf(next, { id, size: 5000 }), bytes);
    assert.deepEqual(await firstBytes(next, id, 5000), digestOf(bytes));
  });

  test("takes pieces at any position, in any order, by many writers at once", async (store) => {
    const bytes = randomBytes(10 * 1000, { seed: 2 });
    const id = store.newId();
    await Promise.all(
      [7, 2, 9, 0, 4, 1, 8, 3, 6, 5].map((index) =>
        write(store, { id, pieces: [[index * 1000, bytes.slice(index * 1000, (index + 1) * 1000)]] })
      ),
    );
    assert.deepEqual(await contentOf(store, { id, size: bytes.length }), bytes);
  });

  test("lets one writer jump back and forth", async (store) => {
    const bytes = randomBytes(3000, { seed: 3 });
    const id = store.newId();
    const piece = (from: number, to: number): [number, Bytes] => [from, bytes.slice(from, to)];
    await write(store, {
      id,
      pieces: [piece(2000, 3000), piece(0, 500), piece(500, 1000), piece(1000, 2000)],
    });
    assert.deepEqual(await contentOf(store, { id, size: 3000 }), bytes);
  });

  test("reads zeros or its bytes where pieces are far apart, never something else", async (store) => {
    const id = store.newId();
    const far = 50 * 1024 * 1024;
    const bytes = randomBytes(100, { seed: 4 });
    await write(store, { id, pieces: [[far, bytes]] });
    const reader = await store.openReader(store.segments(id, far + 100));
    try {
      const gap = new Uint8Array(1000).fill(1);
      const count = await reader.read(gap, far / 2);
      assert.ok(count > 0 && gap.subarray(0, count).every((byte) => byte === 0));
      assert.deepEqual(await readAll(reader, { position: far }), bytes);
    } finally {
      reader.close();
    }
  });

  test("never shortens a blob that is opened again", async (store) => {
    const bytes = randomBytes(2000, { seed: 5 });
    const id = await stored(store, bytes);
    (await store.openWriter(id)).close();
    await write(store, { id, pieces: [[0, bytes.slice(0, 10)]] });
    assert.deepEqual(await contentOf(store, { id, size: 2000 }), bytes);
  });

  test("trims what lies behind the bytes that count, and makes nothing longer", async (store) => {
    const bytes = randomBytes(2000, { seed: 51 });
    const id = await stored(store, bytes);
    await store.trim(id, 3000);
    assert.deepEqual(await contentOf(store, { id, size: 2000 }), bytes);
    await assert.rejects(contentOf(store, { id, size: 2001 }), { code: "blob-missing" });
    await store.trim(id, 1500);
    assert.deepEqual(await contentOf(store, { id, size: 1500 }), bytes.slice(0, 1500));
    await assert.rejects(contentOf(store, { id, size: 1501 }), { code: "blob-missing" });
    await store.trim(store.newId(), 0);
  });

  test("reads at any position, and 0 bytes at the end and behind it", async (store) => {
    const bytes = randomBytes(1000, { seed: 6 });
    const id = await stored(store, bytes);
    const reader = await store.openReader(store.segments(id, 1000));
    try {
      for (const position of [999, 0, 500, 501, 1]) {
        assert.deepEqual(await readAll(reader, { position, into: 64 }), bytes.slice(position), `${position}`);
      }
      for (const position of [1000, 5000]) assert.equal(await reader.read(new Uint8Array(10), position), 0);
    } finally {
      reader.close();
    }
  });

  test("shows no more of a blob than its segments name", async (store) => {
    const bytes = randomBytes(1000, { seed: 7 });
    const id = await stored(store, bytes);
    assert.deepEqual(await contentOf(store, { id, size: 400 }), bytes.slice(0, 400));
  });

  test("reads segments of several blobs one after the other as one", async (store) => {
    const bytes = randomBytes(3000, { seed: 8 });
    const [first, second] = [
      await stored(store, bytes.slice(0, 1000)),
      await stored(store, bytes.slice(500)),
    ];
    // The middle comes from inside the second one, the last from the first one again.
    const segments = [
      { file: first, offset: 0, length: 1000 },
      { file: second, offset: 500, length: 2000 },
      { file: first, offset: 100, length: 300 },
    ];
    const expected = new Uint8Array([...bytes, ...bytes.slice(100, 400)]);
    const reader = await store.openReader(segments);
    try {
      assert.deepEqual(await readAll(reader, { into: 700 }), expected);
      for (const position of [999, 1000, 1001, 2999, 3000, 3299]) {
        assert.deepEqual(await readAll(reader, { position }), expected.slice(position), `${position}`);
      }
    } finally {
      reader.close();
    }
  });

  test("has empty blobs without storing anything", async (store) => {
    const id = store.newId();
    assert.deepEqual(await contentOf(store, { id, size: 0 }), new Uint8Array());
    assert.deepEqual(await firstBytes(store, id, 0), digestOf(new Uint8Array()));
  });

  test("finds missing and short blobs before a byte is read", async (store) => {
    const id = await stored(store, randomBytes(1000, { seed: 9 }));
    await assert.rejects(store.openReader(store.segments(id, 1001)), isProblem("blob-missing"));
    const segments = [...store.segments(id, 1000), ...store.segments(store.newId(), 1)];
    await assert.rejects(store.openReader(segments), isProblem("blob-missing"));
  });

  test("removes a blob for everybody but those who read it already", async (store) => {
    const bytes = randomBytes(5000, { seed: 10 });
    const id = await stored(store, bytes);
    const reader = await store.openReader(store.segments(id, 5000));
    try {
      assert.equal(await reader.read(new Uint8Array(10), 0), 10);
      await store.remove(id);
      assert.deepEqual(await readAll(reader), bytes);
      await assert.rejects(store.openReader(store.segments(id, 5000)), isProblem("blob-missing"));
    } finally {
      reader.close();
    }
  });

  test("removes what is absent without an error, by many at once", async (store) => {
    const id = await stored(store, randomBytes(10, { seed: 11 }));
    await Promise.all([id, id, id, store.newId()].map((each) => store.remove(each)));
  });

  test("remembers announced blobs until they are settled, also in the next process", async (store, under) => {
    const [plain, ended, begun] = [store.newId(), store.newId(), store.newId()];
    (await store.openWriter(plain)).close();
    for (const id of [ended, begun]) (await store.openWriter(id, { announce: true })).close();
    assert.deepEqual((await store.unsettled()).toSorted(), [ended, begun].toSorted());
    await store.settle(ended);
    await store.settle(ended);
    assert.deepEqual(await store.unsettled(), [begun]);
    const next = await under.reopen();
    assert.deepEqual(await next.unsettled(), [begun]);
    await next.remove(begun);
    await next.settle(begun);
    assert.deepEqual(await next.unsettled(), []);
  });

  test("computes the digests that others compute", async (store) => {
    for (const size of [1, 511, 512 * 1024, 512 * 1024 + 1, 9 * 1024 * 1024]) {
      const bytes = randomBytes(size, { seed: size });
      assert.deepEqual(
        await firstBytes(store, await stored(store, bytes), size),
        digestOf(bytes),
        `${size} bytes`,
      );
    }
  });

  test("computes the same digest when hashing ran ahead in pieces while the blob grew", async (store) => {
    const bytes = randomBytes(100_000, { seed: 12 });
    const id = store.newId();
    const writer = await store.openWriter(id);
    try {
      for (let at = 0; at < bytes.length; at += 10_000) {
        await writer.write(at, bytes.slice(at, at + 10_000));
        store.hashAhead(id, at + 10_000);
        // Some of it is hashed while the next is written, some is asked for twice.
        if (at % 30_000 === 0) store.hashAhead(id, at + 10_000);
      }
    } finally {
      writer.close();
    }
    assert.deepEqual(await firstBytes(store, id, bytes.length), digestOf(bytes));
    // Asked again, it is the same.
    assert.deepEqual(await firstBytes(store, id, bytes.length), digestOf(bytes));
  });

  test("digests exactly the first bytes asked for, whatever was hashed or asked for beside", async (store) => {
    const bytes = randomBytes(20_000_000, { seed: 13 });
    const id = await stored(store, bytes);
    store.hashAhead(id, bytes.length);
    const sizes = [bytes.length, 10_000_000, 1, 0, bytes.length - 1, 10_000_000];
    const digests = await Promise.all(sizes.map((size) => firstBytes(store, id, size)));
    digests.forEach((digest, index) => {
      assert.deepEqual(digest, digestOf(bytes.subarray(0, sizes[index])), `first ${sizes[index]} bytes`);
    });
    store.hashAhead(id, 10);
    assert.deepEqual(await firstBytes(store, id, bytes.length), digestOf(bytes));
  });

  test("digests a blob that is made of pieces of others, in their order", async (store) => {
    const parts = [randomBytes(9_000_000, { seed: 14 }), randomBytes(10, { seed: 15 })];
    const ids = await Promise.all(parts.map((bytes) => stored(store, bytes)));
    store.hashAhead(ids[0]!, 5_000_000);
    const segments = [
      { file: ids[1]!, offset: 0, length: 10 },
      { file: ids[0]!, offset: 0, length: 9_000_000 },
      { file: ids[1]!, offset: 3, length: 4 },
      { file: ids[0]!, offset: 100, length: 8_500_000 },
    ];
    const whole = segments.map(({ file, offset, length }) =>
      parts[ids.indexOf(file)]!.slice(offset, offset + length)
    );
    assert.deepEqual(
      await store.digest(store.newId(), segments),
      digestOf(await new Blob(whole).bytes()),
    );
    assert.deepEqual(await firstBytes(store, ids[0]!, 9_000_000), digestOf(parts[0]!));
    await assert.rejects(
      store.digest(store.newId(), [segments[1]!, { file: ids[1]!, offset: 9, length: 2 }]),
      isProblem("storage-unavailable"),
    );
  });

  test("digests many blobs at once", async (store) => {
    const blobs = await Promise.all(Array.from({ length: 30 }, async (_, seed) => {
      const bytes = randomBytes(1000 + seed, { seed });
      return { id: await stored(store, bytes), bytes };
    }));
    const digests = await Promise.all(blobs.map(({ id, bytes }) => firstBytes(store, id, bytes.length)));
    assert.deepEqual(digests, blobs.map(({ bytes }) => digestOf(bytes)));
  });

  test("refuses to digest more than there is, and goes on with other blobs", async (store) => {
    const bytes = randomBytes(100, { seed: 14 });
    const id = await stored(store, bytes);
    await assert.rejects(firstBytes(store, id, 101), isProblem("storage-unavailable"));
    await assert.rejects(firstBytes(store, store.newId(), 1), isProblem("storage-unavailable"));
    assert.deepEqual(await firstBytes(store, id, 100), digestOf(bytes));
  });

  test("forgets what it hashed when a blob is removed, and answers who waits for it", async (store) => {
    const [before, after] = [randomBytes(9_000_000, { seed: 15 }), randomBytes(9_000_000, { seed: 16 })];
    const id = await stored(store, before);
    store.hashAhead(id, before.length);
    const waiting = firstBytes(store, id, before.length).catch((error: unknown) => error);
    await store.remove(id);
    const answer = await waiting;
    if (answer instanceof Error) assert.ok(isProblem("storage-unavailable")(answer), String(answer));
    else assert.deepEqual(answer, digestOf(before));
    await write(store, { id, pieces: [[0, after]] });
    assert.deepEqual(await firstBytes(store, id, after.length), digestOf(after));
  });

  test("hashes anew what it was told to forget", async (store) => {
    const [before, after] = [randomBytes(9_000_000, { seed: 18 }), randomBytes(9_000_000, { seed: 19 })];
    const id = await stored(store, before);
    store.hashAhead(id, 8_000_000);
    await firstBytes(store, id, 8_000_000);
    store.forgetHash(id);
    await write(store, { id, pieces: [[0, after]] });
    assert.deepEqual(await firstBytes(store, id, after.length), digestOf(after));
  });

  test("says what lies in it, whatever is known of that", async (store) => {
    const ids = [
      await stored(store, randomBytes(10, { seed: 20 })),
      await stored(store, randomBytes(0, { seed: 1 })),
    ];
    const announced = store.newId();
    (await store.openWriter(announced, { announce: true })).close();
    assert.deepEqual((await Array.fromAsync(store.stored())).sort(), [...ids, announced].sort());
    assert.deepEqual((await Promise.all(ids.map((id) => store.stat(id)))).map((stat) => stat?.size), [10, 0]);
    assert.ok(Math.abs((await store.stat(ids[0]!))!.modifiedAt - Date.now()) < 60_000);
    await store.remove(ids[0]!);
    assert.deepEqual([await store.stat(ids[0]!), await store.stat("../secret")], [null, null]);
    assert.deepEqual((await Array.fromAsync(store.stored())).sort(), [ids[1], announced].sort());
    assert.deepEqual([store.isBegun(announced), store.isBegun(ids[1]!)], [true, false]);
    await store.settle(announced);
    assert.equal(store.isBegun(announced), false);
  });

  test("knows the marks that nobody will settle, and only these", async (store, under) => {
    const id = store.newId();
    (await store.openWriter(id, { announce: true })).close();
    assert.deepEqual(await store.strayMarks(), []);
    store.close();
    const next = await under.reopen();
    // Nobody has asked yet what is not settled.
    const [mark] = await next.strayMarks();
    assert.ok(mark);
    await next.removeMark(mark.name);
    await next.removeMark(mark.name);
    assert.deepEqual([await next.strayMarks(), await next.unsettled()], [[], []]);
    await assert.rejects(next.removeMark("../secret"));
  });

  test("is checked without leaving anything", async (store) => {
    await store.check();
    assert.deepEqual(await store.unsettled(), []);
  });

  test("tells how much room there is, if it knows", async (store) => {
    const room = await store.room();
    if (room === null) return;
    const { totalBytes, freeBytes, reserveBytes } = room;
    assert.ok(totalBytes >= freeBytes && freeBytes > reserveBytes && reserveBytes >= 0, JSON.stringify(room));
  });

  test("answers a digest that is asked for, or waited for, when it is closed", async (store) => {
    const bytes = randomBytes(9_000_000, { seed: 17 });
    const id = await stored(store, bytes);
    const waiting = assert.rejects(firstBytes(store, id, bytes.length), isProblem("stopping"));
    store.close();
    await waiting;
    await assert.rejects(firstBytes(store, id, 1), isProblem("stopping"));
    store.hashAhead(id, 1);
    store.close();
  });
}
