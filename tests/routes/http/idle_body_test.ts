import assert from "node:assert/strict";
import { openBody } from "../../../routes/http/idle_body.ts";
import { feed, join } from "../../support/form.ts";

const BYTES = join("hello world");

Deno.test("a body is read in pieces to its end", async () => {
  const body = openBody(feed(BYTES, { cuts: [5] }), { idleMs: 30_000 });
  assert.deepEqual(await body.read(), join("hello"));
  assert.deepEqual(await body.read(), join(" world"));
  assert.equal(await body.read(), null);
  body.cancel();
});

Deno.test("a body is read in pieces of a size that is asked for, each of them of its own", async () => {
  for (const whole of [new Blob([BYTES]).stream(), ReadableStream.from([BYTES])]) {
    const body = openBody(whole, { idleMs: 30_000, bytes: 4 });
    const pieces: Uint8Array[] = [];
    for (let piece = await body.read(); piece; piece = await body.read()) pieces.push(piece);
    assert.deepEqual(join(...pieces.map((piece) => new TextDecoder().decode(piece))), BYTES);
    body.cancel();
  }
});

Deno.test("a body that stalls is a 408, and one that breaks says so", async () => {
  const stalled = openBody(feed(BYTES, { end: "stall" }), { idleMs: 10 });
  await stalled.read();
  await assert.rejects(stalled.read(), { code: "body-stalled", status: 408, message: /0.01 seconds/ });
  const broken = openBody(feed(BYTES, { end: "break" }), { idleMs: 30_000 });
  await broken.read();
  await assert.rejects(broken.read(), { code: "body-incomplete", status: 400 });
  broken.cancel();
});

Deno.test("cancelling ends a pending read and lets the client's body go", async () => {
  const cancelled = Promise.withResolvers<void>();
  const body = openBody(feed(BYTES, { end: "stall", onCancel: cancelled.resolve }), { idleMs: 30_000 });
  await body.read();
  const pending = body.read();
  body.cancel();
  assert.equal(await pending, null);
  await cancelled.promise;
});
