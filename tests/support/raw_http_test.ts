import assert from "node:assert/strict";
import { rawConnect, rawRequest } from "./raw_http.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function serve(handler: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  return {
    url: new URL(`http://127.0.0.1:${server.addr.port}/`),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A server that sends `answer` to the first who connects, ends its side and waits for the other to end. */
function answering(answer: string) {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const served = (async () => {
    using connection = await listener.accept();
    await connection.write(new TextEncoder().encode(answer));
    await connection.closeWrite();
    const ignored = new Uint8Array(1024);
    while (await connection.read(ignored) !== null);
  })();
  return {
    url: new URL(`http://127.0.0.1:${listener.addr.port}/`),
    async [Symbol.asyncDispose]() {
      await served;
      listener.close();
    },
  };
}

Deno.test("a raw request reaches a server and its answer is read by length", async () => {
  await using server = serve(async (request) => new Response(`${request.method} ${await request.text()}`));
  const response = await rawRequest(server.url, {
    lines: ["POST /x HTTP/1.1", "Host: localhost", "Content-Length: 5", "Connection: close"],
    body: "hello",
  });
  assert.equal(response?.status, 200);
  assert.equal(text(response!.body), "POST hello");
  assert.equal(response?.complete, true);
});

Deno.test("requests sent slowly and pipelined are answered one after the other", async () => {
  await using server = serve((request) => new Response(new URL(request.url).pathname));
  using connection = await rawConnect(server.url);
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  await connection.send(request("/a") + request("/b"), { pieceBytes: 7, pauseMs: 1 });
  assert.equal(text((await connection.response())!.body), "/a");
  assert.equal(text((await connection.response())!.body), "/b");
});

Deno.test("an answer to HEAD has no body, whatever its length says", async () => {
  await using server = serve(() => new Response("body"));
  const lines = ["HEAD / HTTP/1.1", "Host: localhost", "Connection: close"];
  const response = await rawRequest(server.url, { lines, head: true });
  assert.equal(response?.headers.get("content-length"), "4");
  assert.equal(response?.body.length, 0);
});

Deno.test("chunked bodies lose their framing", async () => {
  await using server = answering(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
  );
  const response = await rawRequest(server.url, { lines: ["GET / HTTP/1.1"] });
  assert.equal(text(response!.body), "abcde");
  assert.equal(response!.complete, true);
});

Deno.test("interim responses are kept apart from the final one", async () => {
  await using server = answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n");
  const response = await rawRequest(server.url, { lines: ["PUT / HTTP/1.1"] });
  assert.deepEqual(response?.interim, [100]);
  assert.equal(response?.status, 204);
  assert.equal(response?.reason, "No Content");
  assert.equal(response?.headers.get("x-a"), "1");
});

Deno.test("a body that ends too early is told from a whole one", async () => {
  for (
    const answer of [
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ]
  ) {
    await using server = answering(answer);
    const response = await rawRequest(server.url, { lines: ["GET / HTTP/1.1"] });
    assert.equal(response?.complete, false, answer);
    assert.equal(text(response!.body), "abc");
  }
});

Deno.test("a connection that ends without an answer gives null", async () => {
  await using server = answering("");
  assert.equal(await rawRequest(server.url, { lines: ["GET / HTTP/1.1"] }), null);
});

Deno.test("a half-closed connection can still be read", async () => {
  await using server = answering("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  using connection = await rawConnect(server.url);
  await connection.halfClose();
  assert.equal(text((await connection.response())!.body), "until the end");
});

Deno.test("a server that never answers is given up at the deadline", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const accepted = listener.accept();
  using connection = await rawConnect(new URL(`http://127.0.0.1:${listener.addr.port}/`), { deadlineMs: 20 });
  await assert.rejects(connection.response());
  (await accepted).close();
  listener.close();
});
