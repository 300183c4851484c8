import assert from "node:assert/strict";
import { randomBytes } from "../support/random_bytes.ts";
import { rawConnect } from "../support/raw_http.ts";
import { startServer } from "../support/server.ts";
import { OFFSET_BYTES } from "../support/tus.ts";
import { until } from "../support/upload_calls.ts";

const MIB = 2 ** 20;
const SIZE = 40 * MIB;

Deno.test("a killed server loses at most 8 MiB or a second of a body that was coming", async () => {
  await using server = await startServer();
  const bytes = randomBytes(SIZE, { seed: 1 });
  const tus = { "Tus-Resumable": "1.0.0" };
  const created = await server.fetch("/files", {
    method: "POST",
    headers: { ...tus, "Upload-Length": `${SIZE}` },
  });
  await created.body?.cancel();
  const path = created.headers.get("Location")!;
  /** Without asking it to save anything, as HEAD would. */
  const recorded = async () => {
    const session = await server.fetch(`/api/v1/uploads/${path.split("/").at(-1)}`);
    return (await session.json()).receivedBytes;
  };
  async function send(from: number, to: number) {
    const connection = await rawConnect(server.url);
    const lines = [
      `PATCH ${path} HTTP/1.1`,
      `Host: ${server.url.host}`,
      `Authorization: Bearer ${await server.token()}`,
      "Tus-Resumable: 1.0.0",
      `Content-Type: ${OFFSET_BYTES}`,
      `Upload-Offset: ${from}`,
      `Content-Length: ${SIZE - from}`,
    ];
    await connection.send(lines.join("\r\n") + "\r\n\r\n");
    await connection.send(bytes.slice(from, to));
    return connection;
  }
  const offset = async () => {
    const { status, headers } = await server.fetch(path, { method: "HEAD", headers: tus });
    assert.equal(status, 200);
    return Number(headers.get("Upload-Offset"));
  };

  let at = 0;
  // Little, and then silence: a second is enough.
  using _slow = await send(0, 100_000);
  await until(async () => await recorded() === 100_000);
  await server.kill();
  await server.restart();
  assert.equal(at = await offset(), 100_000);

  // Much at once: what is more than 8 MiB behind counts.
  using _fast = await send(at, at + 30 * MIB);
  await until(async () => await recorded() >= at + 22 * MIB);
  await server.kill();
  await server.restart();
  assert.ok((at = await offset()) >= 22 * MIB, `${at}`);

  using last = await send(at, SIZE);
  assert.equal((await last.response())?.status, 204);
  const file = await server.fetch(path);
  assert.deepEqual(await file.bytes(), bytes);
});
