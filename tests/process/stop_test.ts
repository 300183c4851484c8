import assert from "node:assert/strict";
import { chunkClient, contentDigest } from "../support/chunk_client.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { rawConnect, type RawConnection } from "../support/raw_http.ts";
import { startServer, type TestServer } from "../support/server.ts";

const MIB = 1024 * 1024;
const BYTES = randomBytes(4 * MIB, { seed: 7 });

/** Connects and sends the head of a request and the first `sent` bytes of its body. */
async function begin(
  server: TestServer,
  { line, body, sent, headers = [] }: { line: string; body: Uint8Array; sent: number; headers?: string[] },
): Promise<RawConnection> {
  const connection = await rawConnect(server.url);
  const head = [
    `${line} HTTP/1.1`,
    `Host: ${server.url.host}`,
    `Authorization: Bearer ${await server.token()}`,
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  await connection.send(head.join("\r\n") + "\r\n\r\n");
  await connection.send(body.subarray(0, sent));
  return connection;
}

async function session(server: TestServer) {
  const client = chunkClient({ url: () => server.url, token: await server.token() });
  const opened = await client.open({ fileName: "stop.bin", size: BYTES.length, chunkSize: MIB });
  return { client, id: opened.body.id as string };
}

/** Resolves when the server has written `bytes` of blobs to its disk, counted or not. */
async function written({ dataDir }: TestServer, bytes: number): Promise<void> {
  for (let stored = 0; stored < bytes;) {
    stored = 0;
    for await (const day of Deno.readDir(`${dataDir}/blobs`)) {
      for await (const { name } of Deno.readDir(`${dataDir}/blobs/${day.name}`)) {
        stored += (await Deno.stat(`${dataDir}/blobs/${day.name}/${name}`)).blocks! * 512;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Asks for the health until the answer says that the server is stopping. */
async function untilStopping(server: TestServer): Promise<void> {
  for (;;) {
    const response = await server.fetch("/health/ready", { user: null });
    await response.body?.cancel();
    if (response.status === 503) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal}: running bodies end or keep what counted, newcomers are told to come back`, async () => {
    await using server = await startServer({ config: { shutdown: { graceSeconds: 8 } } });
    const { client, id } = await session(server);
    const slot = (index: number) => BYTES.subarray(index * MIB, (index + 1) * MIB);
    const line = (index: number) => `PUT /api/v1/uploads/${id}/chunks/${index * MIB}`;
    const half = { sent: MIB / 2 };
    using fast = await begin(server, { line: line(0), body: slot(0), ...half });
    using slow = await begin(server, { line: line(1), body: slot(1), ...half });
    const digest = [`Content-Digest: ${contentDigest(slot(2) as Uint8Array<ArrayBuffer>)}`];
    using checked = await begin(server, { line: line(2), body: slot(2), ...half, headers: digest });
    using file = await begin(server, { line: "PUT /api/v1/files/whole.bin", body: BYTES, ...half });

    await written(server, 2 * MIB);
    const exit = server.stop(signal);
    await untilStopping(server);
    await fast.send(slot(0).subarray(MIB / 2));
    assert.equal((await fast.response())?.status, 200);
    for (
      const refused of [
        await client.put({ id, offset: 3 * MIB }, slot(3).slice()),
        await client.file("late.bin", slot(3).slice()),
        await client.open({ fileName: "late.bin", size: 1 }),
        await client.complete(id),
      ]
    ) {
      assert.deepEqual([refused.status, refused.body.code], [503, "stopping"]);
      assert.ok(Number(refused.headers.get("retry-after")) > 0);
    }
    for (const ended of [slow, checked, file]) assert.equal((await ended.response())?.status, 503);
    assert.equal((await exit).code, 0);

    await server.restart();
    const { body } = await client.session(id);
    assert.deepEqual(body.received, [{ offset: 0, size: MIB + MIB / 2 }]);
    for (const index of [1, 2, 3]) {
      assert.equal((await client.put({ id, offset: index * MIB }, slot(index).slice())).status, 200);
    }
    const { body: attachment } = await client.complete(id);
    assert.deepEqual(await client.download(attachment.id), BYTES);
    assert.deepEqual((await client.list()).map(({ fileName }) => fileName), ["stop.bin"]);
  });
}

Deno.test("signals that follow are copies of the first, as deno task sends them on Ctrl-C: they change nothing", async () => {
  await using server = await startServer({ config: { shutdown: { graceSeconds: 600 } } });
  const body = BYTES.subarray(0, MIB);
  using upload = await begin(server, { line: "PUT /api/v1/files/whole.bin", body, sent: MIB / 2 });
  await written(server, MIB / 2);
  const exit = server.stop("SIGINT");
  await untilStopping(server);
  for (let copies = 0; copies < 3; copies++) {
    server.stop("SIGINT");
    await untilStopping(server); // Time in which it comes.
  }
  await upload.send(body.subarray(MIB / 2));
  assert.equal((await upload.response())?.status, 201);
  assert.equal((await exit).code, 0);
});

Deno.test("a signal long after the first ends the process at once", async () => {
  await using server = await startServer({ config: { shutdown: { graceSeconds: 600 } } });
  const { id } = await session(server);
  const line = `PUT /api/v1/uploads/${id}/chunks/0`;
  using _upload = await begin(server, { line, body: BYTES.subarray(0, MIB), sent: MIB / 2 });
  await written(server, MIB / 2);
  const exit = server.stop("SIGTERM");
  await untilStopping(server);
  const again = setInterval(() => server.stop("SIGINT"), 50);
  const { code } = await exit;
  clearInterval(again);
  assert.equal(code, 130);
});

Deno.test("idle connections do not delay a stop, and a running download comes to its end", async () => {
  await using server = await startServer({ config: { shutdown: { graceSeconds: 600 } } });
  const { client } = await session(server);
  const stored = randomBytes(16 * MIB, { seed: 8 });
  const { body: { id } } = await client.file("download.bin", stored);

  using silent = await rawConnect(server.url);
  using kept = await rawConnect(server.url);
  const get = (path: string, token: string) =>
    `GET ${path} HTTP/1.1\r\nHost: ${server.url.host}\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const token = await server.token();
  await kept.send(get("/api/v1/ping", token));
  assert.equal((await kept.response())?.status, 204);

  using download = await Deno.connect({ hostname: server.url.hostname, port: Number(server.url.port) });
  await download.write(new TextEncoder().encode(get(`/api/v1/attachments/${id}/content`, token)));
  const first = new Uint8Array(12);
  assert.equal(await download.read(first), first.length);
  assert.equal(new TextDecoder().decode(first), "HTTP/1.1 200");

  const exit = server.stop("SIGTERM");
  assert.equal((await kept.rest()).length, 0); // Closed while the download waits for its reader.
  const rest = new Uint8Array(await new Response(download.readable).arrayBuffer());
  assert.deepEqual(rest.slice(-stored.length), stored);
  assert.equal((await exit).code, 0);
  assert.equal((await silent.rest()).length, 0);
});
