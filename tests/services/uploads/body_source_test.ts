import assert from "node:assert/strict";
import fc from "fast-check";
import { Problem } from "../../../services/problem.ts";
import {
  type BodyOptions,
  type BodySource,
  type BufferPool,
  openBody,
} from "../../../services/uploads/body_source.ts";
import { handFed } from "../../support/upload_calls.ts";

const PIECE = 256 * 1024;

function open(stream: ReadableStream<Uint8Array>, options: Partial<BodyOptions> = {}): BodySource {
  return openBody(stream, {
    length: 2 ** 30,
    pool: [],
    transfers: { received: 0 },
    idleMs: 60_000,
    signals: [],
    ...options,
  });
}

/** All bytes up to the end, however it came, copied as they come. */
async function drain(source: BodySource): Promise<number[]> {
  const all: number[] = [];
  for (let bytes = await source.next(); bytes; bytes = await source.next()) all.push(...bytes);
  return all;
}

const byteStream = (pieces: Uint8Array[]): ReadableStream<Uint8Array> => {
  const left = [...pieces];
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const piece = left.shift();
      if (piece) return controller.enqueue(new Uint8Array(piece));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
};
const plainStream = (pieces: Uint8Array[]) => ReadableStream.from(pieces);

Deno.test("every byte comes once and in order, from byte streams and others, however they are cut", async () => {
  const cuts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(cuts, fc.boolean(), async (pieces, isByteStream) => {
      const source = open((isByteStream ? byteStream : plainStream)(pieces));
      try {
        assert.deepEqual(await drain(source), pieces.flatMap((piece) => [...piece]));
        assert.equal(source.failure, null);
        assert.equal(await source.next(), null);
      } finally {
        source.close();
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("pieces of a byte stream have at most 256 KiB and come in one and the same buffer", async () => {
  const source = open(byteStream([new Uint8Array(3 * PIECE)]));
  const buffers = new Set<ArrayBufferLike>();
  let size = 0;
  for (let bytes = await source.next(); bytes; bytes = await source.next()) {
    assert.ok(bytes.length <= PIECE);
    assert.equal(bytes.buffer.byteLength, PIECE);
    buffers.add(bytes.buffer);
    size += bytes.length;
  }
  assert.equal(size, 3 * PIECE);
  source.close();
});

Deno.test("a buffer goes from one body to the next, and the pool stays small", async () => {
  const pool: BufferPool = [];
  const sources = Array.from({ length: 40 }, () => open(byteStream([new Uint8Array(10)]), { pool }));
  for (const source of sources) {
    await drain(source);
    source.close();
  }
  assert.equal(pool.length, 32);
  const next = open(byteStream([]), { pool });
  assert.equal(pool.length, 31);
  next.close();
});

Deno.test("a small body takes no buffer, and one without a length is read in pieces of 64 KiB", async () => {
  const pool: BufferPool = [];
  for (const length of [10, null]) {
    const source = open(byteStream([new Uint8Array(10)]), { pool, length });
    assert.equal((await source.next())?.length, 10);
    assert.equal(await source.next(), null);
    source.close();
    assert.equal(pool.length, length === null ? 1 : 0);
  }
  const source = open(byteStream([new Uint8Array(PIECE)]), { length: null });
  assert.equal((await source.next())?.length, 64 * 1024);
  source.close();
});

Deno.test("a body that is closed in the middle of a read gives no buffer away that is still written to", async () => {
  const pool: BufferPool = [];
  const body = handFed();
  const source = open(body.stream, { pool });
  const reading = source.next();
  source.close();
  assert.equal(pool.length, 0);
  await body.cancelled;
  assert.equal(await reading, null);
});

Deno.test("a broken body ends with what to do about it, and keeps what came before", async () => {
  const body = handFed();
  const source = open(body.stream);
  body.send(new Uint8Array([1, 2, 3]));
  assert.deepEqual([...(await source.next())!], [1, 2, 3]);
  const next = source.next();
  body.break();
  assert.equal(await next, null);
  assert.equal(source.failure?.code, "body-incomplete");
  assert.match(source.failure!.message, /go on from there/);
  source.close();
});

Deno.test("a body that fails with a problem of its own ends with that one", async () => {
  const problem = new Problem("malformed-body", "not a form");
  const source = open(
    new ReadableStream({
      pull: (controller) => controller.error(problem),
    }),
  );
  assert.equal(await source.next(), null);
  assert.equal(source.failure, problem);
  source.close();
});

Deno.test("a signal ends a body that waits for its client, with the signal's reason, and cancels it", async () => {
  const body = handFed();
  const stop = new AbortController();
  const source = open(body.stream, { signals: [new AbortController().signal, stop.signal] });
  const next = source.next();
  const reason = new Problem("superseded", "a newer one");
  stop.abort(reason);
  assert.equal(await next, null);
  assert.equal(source.failure, reason);
  await body.cancelled;
  source.close();
});

Deno.test("bytes that were there already do not count after a signal", async () => {
  const body = handFed();
  const stop = new AbortController();
  const source = open(body.stream, { signals: [stop.signal] });
  body.send(new Uint8Array([1]));
  stop.abort(new Problem("superseded", "a newer one"));
  assert.equal(await source.next(), null);
  assert.equal(source.failure?.code, "superseded");
  source.close();
});

Deno.test("a signal that was aborted before ends the body at once", async () => {
  const body = handFed();
  const source = open(body.stream, { signals: [AbortSignal.abort(new Problem("stopping", "going down"))] });
  assert.equal(await source.next(), null);
  assert.equal(source.failure?.code, "stopping");
  source.close();
});

Deno.test("the first reason for an end is the one that is told", async () => {
  const body = handFed();
  const signals = [new AbortController(), new AbortController()];
  const source = open(body.stream, { signals: signals.map(({ signal }) => signal) });
  signals[0]!.abort(new Problem("superseded", "first"));
  signals[1]!.abort(new Problem("stopping", "second"));
  assert.equal(await source.next(), null);
  assert.equal(source.failure?.code, "superseded");
  source.close();
});

Deno.test("silence ends a body, and only the client's: the time of the one who reads does not count", async () => {
  const body = handFed();
  const source = open(body.stream, { idleMs: 60 });
  body.send(new Uint8Array([1]));
  assert.equal((await source.next())!.length, 1);
  await new Promise((resolve) => setTimeout(resolve, 150)); // Longer than the silence, but nobody waits for bytes.
  body.send(new Uint8Array([2]));
  assert.equal((await source.next())?.length, 1);
  assert.equal(await source.next(), null);
  assert.equal(source.failure?.code, "body-stalled");
  await body.cancelled;
  source.close();
});

Deno.test("the waiting for the client is told before and after", async () => {
  const body = handFed();
  const waits: boolean[] = [];
  const source = open(body.stream, { onWait: (waiting) => waits.push(waiting) });
  const next = source.next();
  assert.deepEqual(waits, [true]);
  body.send(new Uint8Array([1]));
  await next;
  assert.deepEqual(waits, [true, false]);
  body.end();
  await source.next();
  assert.deepEqual(waits, [true, false, true, false]);
  source.close();
});
