import assert from "node:assert/strict";
import { type Fault, startProxy } from "./proxy.ts";
import { randomBytes } from "./random_bytes.ts";

const SIZE = 300_000;
const content = randomBytes(SIZE, { seed: 1 });

/** A server that keeps what each connection sends, and sends back `answer` when the other side has ended. */
function startPeer(answer: Uint8Array) {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const received: Promise<{ size: number; ended: "fin" | "reset" }>[] = [];
  const first = Promise.withResolvers<void>();
  const accepting = (async () => {
    for await (const connection of listener) {
      received.push(receive(connection, answer));
      first.resolve();
    }
  })();
  return {
    /** Resolves with the first connection: one that is reset before it is accepted cannot be accepted any more. */
    reached: first.promise,
    url: new URL(`http://127.0.0.1:${listener.addr.port}/`),
    received,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await Promise.all(received);
    },
  };
}

async function receive(connection: Deno.Conn, answer: Uint8Array) {
  using _closed = connection;
  const { size, ended } = await readAll(connection);
  if (ended === "fin") {
    try {
      for (let sent = 0; sent < answer.length;) sent += await connection.write(answer.subarray(sent));
      await connection.closeWrite();
    } catch (error) {
      assert(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe);
    }
  }
  return { size, ended };
}

async function readAll(connection: Deno.Conn) {
  const piece = new Uint8Array(16 * 1024);
  let size = 0;
  try {
    for (;;) {
      const count = await connection.read(piece);
      if (count === null) return { size, ended: "fin" as const };
      assert.deepEqual(piece.subarray(0, count), content.subarray(size, size + count));
      size += count;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    return { size, ended: "reset" as const };
  }
}

/** Sends the content through a proxy with `fault`, and reads what comes back. */
async function exchange(fault: Fault, { answer = content }: { answer?: Uint8Array } = {}) {
  await using peer = startPeer(answer);
  await using proxy = await startProxy(peer.url);
  proxy.setFault(fault);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(proxy.url.port) });
  await peer.reached;
  const sending = (async () => {
    for (let sent = 0; sent < SIZE;) sent += await connection.write(content.subarray(sent));
    await connection.closeWrite();
  })().catch((error) => {
    if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) return;
    if (error instanceof Deno.errors.NotConnected) return;
    throw error;
  });
  const back = await readAll(connection);
  await sending;
  return { up: await peer.received[0]!, down: back, passed: { ...proxy.passed }, accepted: proxy.accepted };
}

Deno.test("a proxy without a fault passes everything, and the end of each direction by itself", async () => {
  const { up, down, passed, accepted } = await exchange({ kind: "pass" });
  assert.deepEqual(up, { size: SIZE, ended: "fin" });
  assert.deepEqual(down, { size: SIZE, ended: "fin" });
  assert.deepEqual(passed, { up: SIZE, down: SIZE });
  assert.equal(accepted, 1);
});

Deno.test("a cut ends the connection after exactly so many bytes", async () => {
  const up = await exchange({ kind: "cut", direction: "up", bytes: 100_001 });
  assert.equal(up.up.size, 100_001);
  const down = await exchange({ kind: "cut", direction: "down", bytes: 100_001 });
  assert.equal(down.up.size, SIZE);
  assert.equal(down.down.size, 100_001);
  const none = await exchange({ kind: "cut", direction: "up", bytes: 0 });
  assert.equal(none.up.size, 0);
});

Deno.test("a cut by reset is seen as a reset by both sides", async () => {
  const { up, down } = await exchange({ kind: "cut", direction: "up", bytes: 50_000, reset: true });
  assert.equal(up.ended, "reset");
  assert.equal(down.ended, "reset");
});

Deno.test("a stalled connection passes so many bytes, then nothing, and stays open until it is cut", async () => {
  await using peer = startPeer(content);
  await using proxy = await startProxy(peer.url);
  proxy.setFault({ kind: "stall", direction: "up", bytes: 10_000 });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(proxy.url.port) });
  await connection.write(content.subarray(0, 20_000));
  await proxy.hasPassed("up", 10_000);

  proxy.setFault({ kind: "pass" });
  using second = await Deno.connect({ hostname: "127.0.0.1", port: Number(proxy.url.port) });
  await second.closeWrite();
  assert.equal((await readAll(second)).size, SIZE, "another connection is not held up");

  proxy.cutAll();
  assert.deepEqual(await readAll(connection), { size: 0, ended: "fin" });
  assert.equal((await peer.received[0]!).size, 10_000);
});

Deno.test("a slow connection passes everything in the end, in small pieces", async () => {
  const answer = content.subarray(0, 100);
  const { up, down } = await exchange({ kind: "slow", direction: "up", bytesPerSecond: 4 * SIZE }, {
    answer,
  });
  assert.equal(up.size, SIZE);
  assert.equal(down.size, answer.length);
});

Deno.test("a proxy can be pointed at another server", async () => {
  await using first = startPeer(content.subarray(0, 1));
  await using second = startPeer(content.subarray(0, 2));
  await using proxy = await startProxy(first.url);
  for (const [target, size] of [[first.url, 1], [second.url, 2]] as const) {
    proxy.setTarget(target);
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(proxy.url.port) });
    await connection.closeWrite();
    assert.equal((await readAll(connection)).size, size);
  }
});

Deno.test("a server that cannot be reached resets the client", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const nowhere = new URL(`http://127.0.0.1:${listener.addr.port}/`);
  listener.close();
  await using proxy = await startProxy(nowhere);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(proxy.url.port) });
  assert.deepEqual(await readAll(connection), { size: 0, ended: "reset" });
});

Deno.test("disposing a proxy ends what is connected", async () => {
  await using peer = startPeer(content);
  const proxy = await startProxy(peer.url);
  proxy.setFault({ kind: "stall", direction: "up", bytes: 0 });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(proxy.url.port) });
  await peer.reached;
  await connection.write(content.subarray(0, 10));
  await proxy[Symbol.asyncDispose]();
  assert.equal((await readAll(connection)).ended, "reset");
});
