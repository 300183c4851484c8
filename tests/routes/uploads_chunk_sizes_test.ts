import assert from "node:assert/strict";
import { type Answer, startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import {
  completeUpload,
  newSession,
  outcome,
  putChunk,
  received,
  sha256,
  SMALL_CHUNKS,
} from "../support/upload_calls.ts";

const MIN = 1024;
const MAX = 64 * 1024;
const SIZE = 3 * MAX;
const FILE = randomBytes(SIZE, { seed: 1 });
const at = (offset: number, size: number) => ({ offset, body: FILE.slice(offset, offset + size) });

const start = () => startApp({ pawlJson: SMALL_CHUNKS });

async function assertNothingCame(app: TestApp, id: string) {
  assert.deepEqual(await received(app, id), []);
}

for (
  const offset of ["-1", "1.5", "1e3", "0x10", "007", "+1", "9007199254740992", "one", "%20", "%E4%B8%80"]
) {
  Deno.test(`an offset ${offset} is refused with what it must be`, async () => {
    await using app = await start();
    const id = await newSession(app, { size: SIZE });
    const refused = await putChunk(app, id, { offset, body: FILE.slice(0, MIN) });
    assert.deepEqual(outcome(refused), [400, "chunk-out-of-range"]);
    assert.match(refused.body.detail, /whole number/);
  });
}

Deno.test("a chunk must lie inside the file", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  for (const [offset, size] of [[SIZE, 1], [SIZE - MIN, MIN + 1], [Number.MAX_SAFE_INTEGER, 1]] as const) {
    const refused = await putChunk(app, id, { offset, body: randomBytes(size, { seed: 2 }) });
    assert.deepEqual(outcome(refused), [400, "chunk-out-of-range"]);
    assert.match(refused.body.detail, new RegExp(String(SIZE)));
  }
  await assertNothingCame(app, id);
});

Deno.test("an empty file has no place for a chunk", async () => {
  await using app = await start();
  const id = await newSession(app, { size: 0 });
  assert.deepEqual(outcome(await putChunk(app, id, at(0, 1))), [400, "chunk-out-of-range"]);
});

Deno.test("a chunk may be as large as the most, and not one byte more", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const refused = await putChunk(app, id, at(0, MAX + 1));
  assert.deepEqual(outcome(refused), [413, "chunk-too-large"]);
  assert.equal(refused.body.maxChunkSize, MAX);
  await assertNothingCame(app, id);
  assert.equal((await putChunk(app, id, at(0, MAX))).status, 200);
});

Deno.test("a chunk may be as small as the least, and not one byte less", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const refused = await putChunk(app, id, at(0, MIN - 1));
  assert.deepEqual(outcome(refused), [400, "chunk-too-small"]);
  assert.equal(refused.body.minChunkSize, MIN);
  await assertNothingCame(app, id);
  assert.equal((await putChunk(app, id, at(0, MIN))).status, 200);
});

Deno.test("a chunk may be smaller when it ends at the file's end", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  assert.equal((await putChunk(app, id, at(SIZE - 1, 1))).status, 200);
});

Deno.test("a chunk may be smaller when it ends where recorded bytes begin, but not when it only follows them", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  await putChunk(app, id, at(10_000, MIN));
  assert.equal((await putChunk(app, id, at(9999, 1))).status, 200);
  assert.deepEqual(outcome(await putChunk(app, id, at(9997, 1))), [400, "chunk-too-small"]);
  assert.deepEqual(outcome(await putChunk(app, id, at(10_000 + MIN, 1))), [400, "chunk-too-small"]);
});

Deno.test("a chunk may be smaller when all of it is recorded", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  await putChunk(app, id, at(0, MIN));
  assert.equal((await putChunk(app, id, at(MIN - 1, 1))).status, 200);
  assert.equal((await putChunk(app, id, at(0, 1))).status, 200);
});

Deno.test("a file smaller than the least chunk comes in one", async () => {
  await using app = await start();
  const id = await newSession(app, { size: 3 });
  assert.equal((await putChunk(app, id, at(0, 3))).status, 200);
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE.slice(0, 3)));
});

Deno.test("an empty body is refused, with and without a length", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const empty = new Uint8Array(0);
  for (
    const call of [
      { offset: 0, body: empty },
      { offset: 0, body: null },
      { offset: 0, body: empty, withoutLength: true },
    ]
  ) {
    assert.deepEqual(outcome(await putChunk(app, id, call)), [400, "chunk-too-small"]);
  }
});

for (const value of ["abc", "-5", "1.5", "5, 5", "99999999999999999999"]) {
  Deno.test(`a Content-Length ${value} is refused as a header`, async () => {
    await using app = await start();
    const id = await newSession(app, { size: SIZE });
    const refused = await putChunk(app, id, { ...at(0, MIN), headers: { "Content-Length": value } });
    assert.deepEqual(outcome(refused), [400, "invalid-header"]);
  });
}

Deno.test("a body without a length is taken as it comes, within the same limits", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const without = (offset: number, size: number) =>
    putChunk(app, id, { ...at(offset, size), withoutLength: true });
  assert.deepEqual(outcome(await without(0, MIN - 1)), [400, "chunk-too-small"]);
  assert.deepEqual(outcome(await without(0, MAX + 1)), [413, "chunk-too-large"]);
  assert.deepEqual(
    outcome(
      await putChunk(app, id, {
        offset: SIZE - MIN,
        body: randomBytes(MIN + 1, { seed: 3 }),
        withoutLength: true,
      }),
    ),
    [413, "chunk-too-large"],
  );
  await assertNothingCame(app, id);
  for (
    const [offset, size] of [[0, MAX], [MAX, 5000], [SIZE - 5, 5], [MAX + 5000, MAX - 5000 - 1]] as const
  ) {
    assert.equal((await without(offset, size)).status, 200, `${offset}`);
  }
  assert.deepEqual(await received(app, id), [{ offset: 0, size: 2 * MAX - 1 }, {
    offset: SIZE - 5,
    size: 5,
  }]);
});

Deno.test("an upload takes a bounded number of pieces", async () => {
  await using app = await start();
  const id = await newSession(app, { size: 2 * MIN });
  await putChunk(app, id, at(MIN, MIN));
  // Downwards byte by byte: each ends where recorded bytes begin, so that the least size does not bound them.
  let refused: Answer | null = null;
  for (let offset = MIN - 1; refused === null; offset--) {
    const next = await putChunk(app, id, at(offset, 1));
    if (next.status !== 200) refused = next;
  }
  assert.deepEqual(outcome(refused), [409, "too-many-chunks"]);
  const { body } = await app.json("GET", `/api/v1/uploads/${id}/chunks?limit=1000`);
  assert.equal(body.items.length, 1000);
  // Twice the number of smallest chunks, and 1000 more.
  assert.deepEqual(await received(app, id), [{ offset: MIN - 1003, size: MIN + 1003 }]);

  // What brings the upload to its end is taken all the same.
  assert.equal((await putChunk(app, id, at(0, MIN - 1003))).status, 200);
  assert.deepEqual(await received(app, id), [{ offset: 0, size: 2 * MIN }]);
});
