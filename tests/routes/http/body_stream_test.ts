import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type BodyEnd,
  bodyLength,
  type BodyPart,
  type ByteSource,
  noLoad,
  readBytes,
  readParts,
  streamParts,
} from "../../../routes/http/body_stream.ts";

const text = new TextEncoder().encode("0123456789abcdefghijklmnopqrstuvwxyz");

/** A source of `bytes` that gives at most `most` at a time and notes what happens to it. */
function sourceOf(bytes: Uint8Array, most = Infinity) {
  let reading = 0;
  const seen = { reads: 0, closed: 0, closedWhileReading: false };
  const source: ByteSource = {
    async read(into, position) {
      seen.reads++;
      reading++;
      await Promise.resolve();
      const piece = bytes.subarray(position, position + Math.min(into.length, most));
      into.set(piece);
      reading--;
      return piece.length;
    },
    close() {
      seen.closed++;
      seen.closedWhileReading ||= reading > 0;
    },
  };
  return { source, seen };
}

/** A source whose one read is answered by the test. */
function heldSource() {
  const asked = Promise.withResolvers<Uint8Array>();
  const answer = Promise.withResolvers<number>();
  const seen = { closed: 0 };
  const source: ByteSource = {
    read(into) {
      asked.resolve(into);
      return answer.promise;
    },
    close() {
      seen.closed++;
    },
  };
  return { source, seen, asked: asked.promise, answer };
}

Deno.test("literal bytes and ranges come out in order", async () => {
  const { source, seen } = sourceOf(text);
  const ends: BodyEnd[] = [];
  const parts: BodyPart[] = [
    new TextEncoder().encode("<"),
    { offset: 10, length: 3 },
    new Uint8Array(),
    { offset: 5, length: 0 },
    new TextEncoder().encode("|"),
    { offset: 0, length: 2 },
  ];
  const body = streamParts(parts, source, { onEnd: (end) => ends.push(end) });
  assert.equal(await new Response(body).text(), "<abc|01");
  assert.deepEqual(ends, [{ sent: 7, left: 0, whole: true }]);
  assert.equal(seen.closed, 1);
});

Deno.test("the source is closed with the last byte, without waiting for another read", async () => {
  const { source, seen } = sourceOf(text);
  const reader = streamParts([{ offset: 0, length: 5 }], source).getReader();
  await reader.read();
  assert.equal(seen.closed, 1);
  assert.equal((await reader.read()).done, true);
});

Deno.test("a body of no bytes ends at once and closes the source", async () => {
  for (const parts of [[], [{ offset: 0, length: 0 }], [new Uint8Array()]]) {
    const { source, seen } = sourceOf(text);
    const ends: BodyEnd[] = [];
    const body = streamParts(parts, source, { onEnd: (end) => ends.push(end) });
    assert.deepEqual(ends, [{ sent: 0, left: 0, whole: true }]);
    assert.equal((await new Response(body).bytes()).length, 0);
    assert.deepEqual(seen, { reads: 0, closed: 1, closedWhileReading: false });
  }
});

Deno.test("any parts, short reads and freed pieces give the same bytes", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(3000));
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(bytes.length), fc.nat(bytes.length)).map(([a, b]) => ({
      offset: Math.min(a, b),
      length: Math.abs(a - b),
    })),
  );
  const run = fc.asyncProperty(
    fc.array(part, { maxLength: 8 }),
    fc.integer({ min: 1, max: 4000 }),
    fc.boolean(),
    async (parts, most, freesPieces) => {
      const { source, seen } = sourceOf(bytes, most);
      const ends: BodyEnd[] = [];
      const body = streamParts(parts, source, { onEnd: (end) => ends.push(end), freesPieces });
      const got: number[] = [];
      for await (const piece of body) got.push(...piece);
      const expected = parts.flatMap((one) => [
        ...(one instanceof Uint8Array ? one : bytes.subarray(one.offset, one.offset + one.length)),
      ]);
      assert.deepEqual(got, expected);
      assert.deepEqual(ends, [{ sent: bodyLength(parts), left: 0, whole: true }]);
      assert.equal(seen.closed, 1);
    },
  );
  await fc.assert(run);
});

Deno.test("large bodies are read in 256 KiB, and only as far as they are taken", async () => {
  const { source, seen } = sourceOf(new Uint8Array(3 * 262_144));
  const reader = streamParts([{ offset: 0, length: 3 * 262_144 }], source).getReader();
  assert.equal(seen.reads, 0);
  assert.equal((await reader.read()).value!.length, 262_144);
  assert.equal(seen.reads, 1);
  await reader.cancel();
  assert.equal(seen.reads, 1);
});

Deno.test("pieces are freed when the next one is asked for, and only for readers that hold their memory", async () => {
  for (const freesPieces of [false, true]) {
    const { source } = sourceOf(text, 12);
    const reader = streamParts([{ offset: 0, length: 36 }], source, { freesPieces }).getReader();
    const pieces: Uint8Array[] = [];
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      assert.equal(read.value.length, 12);
      pieces.push(read.value);
    }
    assert.deepEqual(pieces.map(({ length }) => length), freesPieces ? [0, 0, 0] : [12, 12, 12]);
  }
});

Deno.test("the more bodies are open, the smaller the pieces they are read in", async () => {
  const load = noLoad();
  const bytes = new Uint8Array(2 * 1_048_576);
  const start = () => streamParts([{ offset: 0, length: bytes.length }], sourceOf(bytes).source, { load });
  const others = Array.from({ length: 63 }, start);
  const reader = start().getReader();
  assert.equal((await reader.read()).value!.length, 131_072);
  await reader.cancel();
  await Promise.all(others.slice(1).map((other) => other.cancel()));
  assert.equal(load.open, 1);
  await new Response(others[0]).bytes();
  const { sent, ...bodies } = load;
  assert.deepEqual(bodies, { open: 0, whole: 1, broken: 63 });
  assert.ok(sent >= bytes.length, `${sent} bytes sent`);
});

Deno.test("thousands of clients that stop reading hold no more than 64 KiB each beyond a fixed sum", () => {
  const held = (clients: number) => {
    let sum = 0;
    for (let open = 1; open <= clients; open++) sum += readBytes({ open });
    return sum;
  };
  assert.ok(held(128) < 33 * 1_048_576);
  assert.equal(held(5000) - held(128), (5000 - 128) * 65_536);
});

Deno.test("cancelling closes the source and says how much was handed out", async () => {
  const { source, seen } = sourceOf(text, 4);
  const ends: BodyEnd[] = [];
  const reader = streamParts([{ offset: 0, length: 36 }], source, { onEnd: (end) => ends.push(end) })
    .getReader();
  await reader.read();
  await reader.cancel();
  assert.deepEqual(ends, [{ sent: 4, left: 32, whole: false }]);
  assert.equal(seen.closed, 1);
});

Deno.test("cancelling before anything was read closes the source", async () => {
  const { source, seen } = sourceOf(text);
  const ends: BodyEnd[] = [];
  await streamParts([{ offset: 0, length: 36 }], source, { onEnd: (end) => ends.push(end) }).cancel();
  assert.deepEqual(ends, [{ sent: 0, left: 36, whole: false }]);
  assert.deepEqual(seen, { reads: 0, closed: 1, closedWhileReading: false });
});

Deno.test("cancelling during a read waits for it before the source is closed", async () => {
  const { source, seen, asked, answer } = heldSource();
  const ends: BodyEnd[] = [];
  const reader = streamParts([{ offset: 0, length: 36 }], source, { onEnd: (end) => ends.push(end) })
    .getReader();
  const pending = reader.read();
  await asked;
  const cancelled = reader.cancel();
  await pending;
  assert.deepEqual([seen.closed, ends.length], [0, 0]);
  answer.resolve(36);
  await cancelled;
  assert.equal(seen.closed, 1);
  assert.deepEqual(ends, [{ sent: 0, left: 36, whole: false }]);
});

Deno.test("a read that fails after cancelling is no error of the download", async () => {
  const { source, seen, asked, answer } = heldSource();
  const ends: BodyEnd[] = [];
  const reader = streamParts([{ offset: 0, length: 36 }], source, { onEnd: (end) => ends.push(end) })
    .getReader();
  const pending = reader.read();
  await asked;
  const cancelled = reader.cancel();
  await pending;
  answer.reject(new Error("disk"));
  await cancelled;
  assert.equal(seen.closed, 1);
  assert.deepEqual(ends, [{ sent: 0, left: 36, whole: false }]);
});

Deno.test("a source that ends early breaks the stream instead of ending it", async () => {
  const { source, seen } = sourceOf(text);
  const ends: BodyEnd[] = [];
  const body = streamParts([{ offset: 30, length: 10 }], source, { onEnd: (end) => ends.push(end) });
  await assert.rejects(new Response(body).bytes(), /ended at 36, 4 bytes early/);
  assert.equal(seen.closed, 1);
  assert.equal(ends.length, 1);
  const [{ error, ...figures }] = ends as [BodyEnd];
  assert.deepEqual(figures, { sent: 6, left: 4, whole: false });
  assert.ok(error instanceof Error);
});

Deno.test("a source that fails breaks the stream with its error", async () => {
  const failure = new Error("disk");
  const ends: BodyEnd[] = [];
  let closed = 0;
  const source: ByteSource = { read: () => Promise.reject(failure), close: () => void closed++ };
  const body = streamParts([{ offset: 0, length: 10 }], source, { onEnd: (end) => ends.push(end) });
  await assert.rejects(new Response(body).bytes(), failure);
  assert.deepEqual(ends, [{ sent: 0, left: 10, whole: false, error: failure }]);
  assert.equal(closed, 1);
});

Deno.test("an onEnd that throws is called once all the same, with the source closed once", async () => {
  const { source, seen } = sourceOf(text);
  let calls = 0;
  const onEnd = () => {
    calls++;
    throw new Error("log is full");
  };
  assert.equal(
    (await new Response(streamParts([{ offset: 0, length: 36 }], source, { onEnd })).bytes()).length,
    36,
  );
  assert.equal(calls, 1);
  assert.equal(seen.closed, 1);
});

Deno.test("parts that are read at once are the bytes that a stream of them gives, however short the reads", async () => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 5 }),
    fc.tuple(fc.nat(20), fc.nat(15)).map(([offset, length]) => ({ offset, length })),
  );
  await fc.assert(fc.asyncProperty(
    fc.array(part, { maxLength: 5 }),
    fc.integer({ min: 1, max: 10 }),
    async (parts, most) => {
      const { source, seen } = sourceOf(text, most);
      const ends: BodyEnd[] = [];
      const read = await readParts(parts, source, { onEnd: (end) => ends.push(end) });
      const streamed = await new Response(streamParts(parts, sourceOf(text, most).source)).bytes();
      assert.deepEqual(read, streamed);
      assert.deepEqual([seen.closed, seen.closedWhileReading], [1, false]);
      assert.deepEqual(ends, [{ sent: read.length, left: 0, whole: true }]);
    },
  ));
});

Deno.test("parts that are read at once from a source that fails are an error, and its source is closed", async () => {
  const failure = new Error("The disk is gone");
  let closed = 0;
  const source: ByteSource = { read: () => Promise.reject(failure), close: () => void closed++ };
  const ends: BodyEnd[] = [];
  const reading = readParts([{ offset: 0, length: 3 }], source, { onEnd: (end) => ends.push(end) });
  await assert.rejects(reading, (error) => error === failure);
  assert.equal(closed, 1);
  assert.deepEqual(ends, [{ sent: 0, left: 3, whole: false, error: failure }]);
});
