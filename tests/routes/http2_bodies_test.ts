/** HTTP/2: a request that its client gives up looks to the runtime like one whose body has ended. */
import assert from "node:assert/strict";
import { ALICE, startApp, type TestApp } from "../support/app.ts";
import { listen, type ListeningApp } from "../support/listening_app.ts";
import { openStream, type RawStream } from "../support/raw_http2.ts";
import { OFFSET_BYTES, tusClient } from "../support/tus.ts";
import { begun, outcome, received, storedSizes, until } from "../support/upload_calls.ts";

const BYTES = new TextEncoder().encode("the first half of the file");
const LENGTH = { "content-length": String(2 * BYTES.length) };
const DRAFT = { "upload-complete": "?1", "content-disposition": 'inline; filename="a.bin"' };

async function begin(
  app: TestApp,
  server: ListeningApp,
  [method, path, headers = {}]: readonly [string, string, Record<string, string>?],
): Promise<RawStream> {
  const authorization = `Bearer ${await app.token(ALICE)}`;
  return await openStream(server.url, { method, path, headers: { authorization, ...headers } });
}

const listOf = async (app: TestApp, path: string) => (await app.json("GET", path)).body.items;

const WHOLE = [
  ["a file without a length", "PUT", "/api/v1/files/a.bin", {}, false],
  ["a file with a length", "PUT", "/api/v1/files/a.bin", LENGTH, true],
  ["a posted file without a length", "POST", "/api/v1/attachments?fileName=a.bin", {}, false],
  ["a draft's file without a length", "POST", "/files", DRAFT, true],
] as const;

for (const [what, method, path, headers, comes] of WHOLE) {
  Deno.test(`${what} that is given up in the middle is no file`, async () => {
    await using app = await startApp();
    await using server = listen(app);
    {
      await using stream = await begin(app, server, [method, path, headers]);
      await stream.send(BYTES);
      // The others are refused at their first byte.
      if (comes) await until(async () => (await storedSizes(app))[0] === BYTES.length);
      await stream.reset();
      await server.answered(1);
    }
    assert.deepEqual([await storedSizes(app), await begun(app)], [[], 0]);
    assert.deepEqual(await listOf(app, "/api/v1/attachments"), []);
    assert.deepEqual(await listOf(app, "/api/v1/uploads"), []);
  });
}

Deno.test("a draft's file with a length that is given up stays as an open upload", async () => {
  await using app = await startApp();
  await using server = listen(app);
  {
    await using stream = await begin(app, server, ["POST", "/files", { ...DRAFT, ...LENGTH }]);
    await stream.send(BYTES);
    await until(async () => (await storedSizes(app))[0] === BYTES.length);
    await stream.reset();
    await server.answered(1);
  }
  assert.deepEqual(await listOf(app, "/api/v1/attachments"), []);
  const [upload] = await listOf(app, "/api/v1/uploads");
  assert.deepEqual([upload.size, upload.receivedBytes], [2 * BYTES.length, BYTES.length]);
});

Deno.test("the last append of an unknown length that is given up keeps what came and ends nothing", async () => {
  await using app = await startApp();
  await using server = listen(app);
  await using tus = tusClient(app);
  const path = await tus.create({ "Upload-Defer-Length": "1" });
  const headers = {
    "upload-offset": "0",
    "upload-complete": "?1",
    "content-type": "application/partial-upload",
  };
  {
    await using stream = await begin(app, server, ["PATCH", path, headers]);
    await stream.send(BYTES);
    await until(async () => (await storedSizes(app))[0] === BYTES.length);
    await stream.reset();
    await server.answered(1);
  }
  const head = await tus.head(path);
  assert.equal(head.headers.get("Upload-Offset"), String(BYTES.length));
  assert.equal(head.headers.get("Upload-Defer-Length"), "1");
});

for (const [what, headers] of [["with a length", LENGTH], ["without one", {}]] as const) {
  Deno.test(`a PATCH ${what} that is given up keeps what came`, async () => {
    await using app = await startApp();
    await using server = listen(app);
    await using tus = tusClient(app);
    const path = await tus.create({ "Upload-Length": "1000" });
    const fields = { "tus-resumable": "1.0.0", "upload-offset": "0", "content-type": OFFSET_BYTES };
    {
      await using stream = await begin(app, server, ["PATCH", path, { ...fields, ...headers }]);
      await stream.send(BYTES);
      await until(async () => (await storedSizes(app))[0] === BYTES.length);
      await stream.reset();
      await server.answered(1);
    }
    const id = path.split("/").at(-1)!;
    assert.deepEqual(await received(app, id), [{ offset: 0, size: BYTES.length }]);
  });
}

Deno.test("a whole body without any length is refused with 411; an HTTP/1.1 request without a body is an empty file", async () => {
  await using app = await startApp();
  const calls = [
    ["PUT", "/api/v1/files/a.bin", {}],
    ["POST", "/api/v1/attachments?fileName=a.bin", {}],
    ["POST", "/files", DRAFT],
  ] as const;
  for (const [method, path, headers] of calls) {
    const send = async (body: BodyInit, host: Record<string, string> = {}) => {
      const init = { method, headers: { ...headers, ...host }, body, unframed: true };
      const response = await app.request(path, init);
      return outcome({ status: response.status, headers: response.headers, body: await response.json() });
    };
    assert.deepEqual(await send(BYTES), [411, "length-required"]);
    assert.deepEqual(await send(new Uint8Array(0)), [411, "length-required"]);
    assert.deepEqual(await send(BYTES, { Host: "localhost" }), [411, "length-required"]);
    assert.deepEqual(await send(new Uint8Array(0), { Host: "localhost" }), [201, undefined]);
  }
  assert.deepEqual((await listOf(app, "/api/v1/attachments")).map(({ size }: { size: number }) => size), [
    0,
    0,
    0,
  ]);
});

Deno.test("a whole file with its length comes over HTTP/2 as over HTTP/1.1", async () => {
  await using app = await startApp();
  await using server = listen(app);
  {
    const length = { "content-length": String(BYTES.length) };
    await using stream = await begin(app, server, ["PUT", "/api/v1/files/a.bin", length]);
    await stream.send(BYTES);
    await stream.end();
    await server.answered(1);
  }
  const [file] = await listOf(app, "/api/v1/attachments");
  assert.equal(file.size, BYTES.length);
});
