/** Appends that meet: the newer one takes over, nothing mixes, and no offset ever goes back. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { startApp, type TestApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { jitter } from "../support/jitter.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent } from "../support/store_check.ts";
import { OFFSET_BYTES } from "../support/tus.ts";
import { sha256 } from "../support/upload_calls.ts";

const ROUNDS = 200;
const TUS = { "Tus-Resumable": "1.0.0" };
type Bytes = Uint8Array<ArrayBuffer>;

/** In pieces, so that rivals come in between. */
function inPieces(bytes: Bytes, wait: () => Promise<void>): ReadableStream<Bytes> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      await wait();
      if (sent >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(sent, sent + 1024));
      sent += 1024;
    },
  }, { highWaterMark: 0 });
}

async function create(app: TestApp, headers: Record<string, string>): Promise<string> {
  const made = await app.request("/files", { method: "POST", headers: { ...TUS, ...headers } });
  assert.equal(made.status, 201);
  return made.headers.get("Location")!;
}

async function head(app: TestApp, path: string) {
  const { status, headers } = await app.request(path, { method: "HEAD", headers: TUS });
  return { status, offset: Number(headers.get("Upload-Offset")) };
}

interface Patch {
  offset: number;
  body: ReadableStream<Bytes>;
  length?: number;
}

async function patch(app: TestApp, path: string, { offset, body, length }: Patch) {
  const response = await app.request(path, {
    method: "PATCH",
    headers: {
      ...TUS,
      "Content-Type": OFFSET_BYTES,
      "Upload-Offset": `${offset}`,
      ...(length === undefined ? {} : { "Content-Length": `${length}` }),
    },
    body,
  });
  const text = await response.text();
  return {
    status: response.status,
    code: text === "" ? null : JSON.parse(text).code,
    offset: Number(response.headers.get("Upload-Offset")),
  };
}

async function contentOf(app: TestApp, path: string): Promise<Bytes> {
  const response = await app.request(path);
  assert.equal(response.status, 200);
  return await response.bytes();
}

Deno.test("of three who append different bytes at once, what counts is of one; the others are told the true offset", async () => {
  await using app = await startApp();
  const ready = barrier(3);
  const wait = jitter(1);
  const codes = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const size = 4096;
    const path = await create(app, { "Upload-Length": `${size}` });
    const rivals = [0, 1, 2].map((index) => randomBytes(size, { seed: 3 * round + index }));
    const answers = await Promise.all(rivals.map(async (bytes) => {
      await ready();
      await wait();
      const length = round % 2 === 0 ? { length: size } : {};
      return await patch(app, path, { offset: 0, body: inPieces(bytes, wait), ...length });
    }));
    for (const { status, code, offset } of answers) {
      codes.set(code ?? "ok", (codes.get(code ?? "ok") ?? 0) + 1);
      if (code === null) assert.deepEqual([status, offset], [204, size]);
      else assert.ok(["superseded", "offset-mismatch"].includes(code), code);
    }
    const { offset } = await head(app, path);
    const won = answers.findIndex(({ code }) => code === null);
    if (won >= 0) assert.equal(offset, size);
    let whose = won;
    if (offset < size) {
      // Broken off: the record says whose bytes they are, and only those may go on.
      const { body } = await app.json("GET", `/api/v1/uploads/${path.split("/").at(-1)}/chunks`);
      if (offset === 0) assert.deepEqual(body.items, []);
      else assert.equal(body.items.length, 1);
      whose = rivals.findIndex((bytes) =>
        offset === 0 || body.items[0].sha256 === sha256(bytes.slice(0, offset))
      );
      assert.ok(whose >= 0, "bytes of several are mixed");
      const rest = inPieces(rivals[whose]!.slice(offset), wait);
      assert.equal((await patch(app, path, { offset, body: rest })).status, 204);
    }
    const content = await contentOf(app, path);
    if (whose >= 0) assert.deepEqual(content, rivals[whose]);
    else {assert.ok(
        rivals.some((bytes) => Buffer.compare(bytes, content) === 0),
        "bytes of several are mixed",
      );}
  }
  await assertConsistent(app);
  assert.ok(codes.get("superseded")! > 0 && codes.get("ok")! > 0, JSON.stringify([...codes]));
});

Deno.test("clients who take the same upload from each other again and again bring it to its end, and no offset goes back", async () => {
  await using app = await startApp();
  for (let round = 0; round < 20; round++) {
    const size = 40_000;
    const bytes = randomBytes(size, { seed: round });
    const wait = jitter(100 + round);
    const path = await create(
      app,
      round % 2 ? { "Upload-Length": `${size}` } : { "Upload-Defer-Length": "1" },
    );
    let highest = 0;
    let ended = false;
    const client = async (who: number) => {
      while (!ended) {
        const { status, offset } = await head(app, path);
        assert.equal(status, 200);
        assert.ok(offset >= highest, `${offset} after ${highest}`);
        highest = offset;
        await wait();
        const end = Math.min(size, offset + 8000);
        const answer = await patch(app, path, { offset, body: inPieces(bytes.slice(offset, end), wait) });
        if (answer.status === 204) {
          assert.ok(answer.offset >= end);
          highest = Math.max(highest, answer.offset);
        } else {
          assert.ok(["superseded", "offset-mismatch"].includes(answer.code), answer.code);
          // As clients do after a refusal; each may bring a piece before the next comes.
          await new Promise((resolve) => setTimeout(resolve, 5 * who));
        }
        if (highest === size) ended = true;
      }
    };
    await Promise.all([1, 2, 5].map(client));
    if (round % 2 === 0) {
      const said = await app.request(path, {
        method: "PATCH",
        headers: {
          ...TUS,
          "Content-Type": OFFSET_BYTES,
          "Upload-Offset": `${size}`,
          "Upload-Length": `${size}`,
        },
      });
      assert.equal(said.status, 204);
    }
    assert.deepEqual(await contentOf(app, path), bytes);
  }
  await assertConsistent(app);
});

Deno.test("an append and the end of its upload at once leave a whole file or nothing", async () => {
  await using app = await startApp();
  const ready = barrier(2);
  const wait = jitter(3);
  const seen = { file: 0, nothing: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(2048, { seed: round });
    const path = await create(app, { "Upload-Length": "2048" });
    const [appended, ended] = await Promise.all([
      (async () => {
        await ready();
        return await patch(app, path, { offset: 0, body: inPieces(bytes, wait) });
      })(),
      (async () => {
        await ready();
        for (let n = round % 8; n > 0; n--) await wait();
        return (await app.request(path, { method: "DELETE", headers: TUS })).status;
      })(),
    ]);
    assert.equal(ended, 204);
    assert.ok(appended.status === 204 || appended.code === "upload-cancelled", JSON.stringify(appended));
    assert.equal((await head(app, path)).status, 410);
    const { body } = await app.json("GET", "/api/v1/attachments?state=deleted");
    seen[body.items.length > 0 ? "file" : "nothing"]++;
    for (const { id } of body.items) await app.json("DELETE", `/api/v1/attachments/${id}?permanent=true`);
  }
  await assertConsistent(app);
  assert.ok(seen.file > 0 && seen.nothing > 0, JSON.stringify(seen));
});

Deno.test("who comes late to an upload that has failed meanwhile leaves no bytes behind", async () => {
  await using app = await startApp();
  const bytes = randomBytes(2000, { seed: 1 });
  const { body: { id } } = await app.json("POST", "/api/v1/uploads", {
    body: { fileName: "a.bin", size: bytes.length, sha256: sha256(randomBytes(9, { seed: 9 })) },
  });
  const send = () =>
    patch(app, `/files/${id}`, { offset: 0, body: new Blob([bytes]).stream(), length: bytes.length });
  // The late one has found the session open, and goes on when the other has ended it.
  const { live } = app.services.core;
  const open = live.open;
  const [found, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  live.open = async (record) => {
    live.open = open;
    found.resolve();
    await ended.promise;
    return await open(record);
  };
  const late = send();
  await found.promise;
  assert.equal((await send()).code, "upload-failed");
  ended.resolve();
  assert.equal((await late).code, "upload-failed");
  const { attachments, blobs, files } = await assertConsistent(app);
  assert.deepEqual([attachments, blobs, files], [[], [], new Map()]);
});
