import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { expireUploads } from "../../services/cleanup.ts";
import { startApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { jitter } from "../support/jitter.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent } from "../support/store_check.ts";
import { complete, download, openSession, putChunk } from "../support/uploads.ts";

const ROUNDS = 200;
const CHUNKS = { min: 1024, default: 2048, max: 8192 };
const HOUR = 3_600_000;

/** In pieces, so that rivals come in between. */
function inPieces(
  bytes: Uint8Array<ArrayBuffer>,
  wait: () => Promise<void>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      await wait();
      if (sent === bytes.length) return controller.close();
      controller.enqueue(bytes.slice(sent, sent + 1024));
      sent += 1024;
    },
  }, { highWaterMark: 0 });
}

Deno.test("of two who write one range at once with different bytes, one wins whole and the record says which", async () => {
  await using app = await startApp({ pawlJson: { chunks: CHUNKS } });
  const ready = barrier(2);
  const wait = jitter(1);
  const wins = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const size = 4096;
    const id = await openSession(app, { size });
    const rivals = [randomBytes(size, { seed: round }), randomBytes(size, { seed: -round - 1 })];
    // With a digest nothing counts before the end; without one, pieces may.
    const digest = round % 2 === 0;
    const answers = await Promise.all(rivals.map(async (bytes) => {
      await ready();
      await wait();
      const headers = new Headers({ "Content-Length": String(size) });
      if (digest) {
        headers.set("Content-Digest", `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`);
      }
      const response = await app.request(`/api/v1/uploads/${id}/chunks/0`, {
        method: "PUT",
        headers,
        body: inPieces(bytes, wait),
      });
      return { status: response.status, code: (await response.json()).code };
    }));
    const winner = answers.findIndex(({ status }) => status === 200);
    const loser = 1 - winner;
    assert.ok(winner >= 0, JSON.stringify(answers));
    assert.ok(["chunk-busy", "chunk-conflict"].includes(answers[loser]!.code), JSON.stringify(answers));
    const { body } = await app.json("GET", `/api/v1/uploads/${id}/chunks`);
    const sha256 = createHash("sha256").update(rivals[winner]!).digest("hex");
    assert.deepEqual(body.items, [{ offset: 0, size, sha256 }]);
    const { attachmentId } = await complete(app, { id });
    assert.deepEqual(await download(app, attachmentId!), rivals[winner]);
    wins[winner]!++;
  }
  await assertConsistent(app);
  assert.ok(wins.every((count) => count > 0), `wins: ${wins}`);
});

Deno.test("writers of overlapping ranges never mix, whoever of them is let in", async () => {
  await using app = await startApp({ pawlJson: { chunks: CHUNKS } });
  const ready = barrier(3);
  const wait = jitter(2);
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const size = 8192;
    const id = await openSession(app, { size });
    const ranges = [[0, 4096], [2048, 6144], [4096, 8192]] as const;
    const rivals = ranges.map(([from], index) => ({
      from,
      bytes: randomBytes(4096, { seed: round * 3 + index }),
    }));
    const codes = await Promise.all(rivals.map(async ({ from, bytes }) => {
      await ready();
      await wait();
      return (await putChunk(app, { id, offset: from, body: bytes })).code;
    }));
    for (const code of codes) {
      assert.ok([null, "chunk-busy", "chunk-conflict"].includes(code), String(code));
      seen.add(String(code));
    }
    const { body } = await app.json("GET", `/api/v1/uploads/${id}`);
    const acknowledged = codes.filter((code) => code === null).length;
    assert.equal(body.receivedBytes, 4096 * acknowledged, JSON.stringify(codes));
  }
  // Each recorded chunk is compared with its digest here.
  await assertConsistent(app);
  assert.deepEqual([...seen].toSorted(), ["chunk-busy", "chunk-conflict", "null"]);
});

Deno.test("twenty who send the same chunk at once store it once, and nobody is told that bytes differ", async () => {
  await using app = await startApp({ pawlJson: { chunks: CHUNKS } });
  const wait = jitter(3);
  for (let round = 0; round < ROUNDS / 20; round++) {
    const body = randomBytes(2048, { seed: round });
    const id = await openSession(app, { size: 2048 });
    const codes = await Promise.all(Array.from({ length: 20 }, async () => {
      await wait();
      return (await putChunk(app, { id, body })).code;
    }));
    assert.ok(codes.includes(null));
    assert.deepEqual(codes.filter((code) => code !== null && code !== "chunk-busy"), []);
    assert.deepEqual((await app.json("GET", `/api/v1/uploads/${id}/chunks`)).body.items.length, 1);
  }
  await assertConsistent(app);
});

Deno.test("a chunk at the moment of expiry is recorded and keeps the upload, or finds it expired and gone", async () => {
  await using app = await startApp({ pawlJson: { chunks: CHUNKS } });
  const ready = barrier(3);
  const wait = jitter(4);
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const id = await openSession(app, { size: 2048 });
    const body = randomBytes(1024, { seed: round });
    const opened = app.clock;
    // One comes while the upload is fresh; as it works, the time runs out.
    const late = async () => {
      await ready();
      await wait();
      app.clock = opened + 25 * HOUR;
    };
    const job = async () => {
      await ready();
      await wait();
      await expireUploads(app.services.core);
    };
    const chunk = async () => {
      await ready();
      await wait();
      return (await putChunk(app, { id, body })).code;
    };
    const [code] = await Promise.all([chunk(), late(), job()]);
    await expireUploads(app.services.core);
    const { status, body: shown } = await app.json("GET", `/api/v1/uploads/${id}`);
    if (code === null) {
      assert.ok(status === 200 && shown.receivedBytes === 1024 || status === 410, `${status}`);
    } else assert.deepEqual([code, status], ["upload-expired", 410]);
    seen.add(`${code ?? "recorded"} ${status}`);
  }
  app.clock += 26 * HOUR;
  while ((await expireUploads(app.services.core)).more);
  const { blobs, files } = await assertConsistent(app);
  assert.deepEqual([blobs, files], [[], new Map()]);
  assert.ok(seen.size > 1, [...seen].join());
});
