import assert from "node:assert/strict";
import { createRoute, z } from "@hono/zod-openapi";
import { boundedBody, type BoundedBodyOptions } from "../../routes/bounded_body.ts";
import { apiApp } from "../../routes/openapi.ts";
import { answerError } from "../../routes/problem_response.ts";
import { rawConnect, rawRequest } from "../support/raw_http.ts";

const MAX = 1000;
const schema = z.object({ name: z.string().optional(), nested: z.unknown().optional() });

function app(options: BoundedBodyOptions = {}) {
  const app = apiApp();
  app.onError(answerError);
  app.use("/*", boundedBody({ maxBytes: MAX, ...options }));
  for (const [path, required] of [["/required", true], ["/optional", false]] as const) {
    const route = createRoute({
      method: "post",
      path,
      request: { body: { required, content: { "application/json": { schema } } } },
      responses: { 200: { description: "ok" } },
    });
    app.openapi(route, (c) => c.json(c.req.valid("json"), 200));
  }
  app.get("/", (c) => c.text("ok"));
  return app;
}

async function post(
  body: BodyInit | null,
  { type = "application/json", path = "/required", headers = {}, options = {} as BoundedBodyOptions } = {},
) {
  const response = await app(options).request(path, {
    method: "POST",
    body,
    headers: { ...(type ? { "Content-Type": type } : {}), ...headers },
  });
  const text = await response.text();
  return { status: response.status, json: text ? JSON.parse(text) : null, headers: response.headers };
}

Deno.test("a JSON body reaches the validated handler", async () => {
  for (
    const type of ["application/json", "APPLICATION/JSON; charset=utf-8", "application/merge-patch+json"]
  ) {
    const { status, json } = await post('{"name":"é没🎈"}', { type });
    assert.deepEqual([status, json], [200, { name: "é没🎈" }], type);
  }
});

Deno.test("a body of exactly the limit passes and one byte more is refused, with and without a length", async () => {
  const exact = `{"name":"${"x".repeat(MAX - 11)}"}`;
  assert.equal(exact.length, MAX);
  const streamed = (text: string) => new Blob([text]).stream();
  for (const wrap of [(text: string) => text, streamed]) {
    assert.equal((await post(wrap(exact))).status, 200);
    const over = await post(wrap(exact + " "));
    assert.deepEqual([over.status, over.json.code, over.json.maxBytes], [413, "body-too-large", MAX]);
    assert.equal(over.headers.get("connection"), "close");
  }
});

Deno.test("an endless body is refused after the limit and not read on", async () => {
  let pulled = 0;
  let cancelled = false;
  const endless = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(400).fill(0x20));
    },
    cancel() {
      cancelled = true;
    },
  }, { highWaterMark: 0 });
  const { status } = await post(endless);
  assert.deepEqual([status, cancelled], [413, true]);
  assert.ok(pulled <= 4, `${pulled} pieces were read`);
});

Deno.test("a declared length over the limit is refused before a byte is read", async () => {
  const untouched = new ReadableStream({
    pull() {
      throw new Error("was read");
    },
  }, { highWaterMark: 0 });
  const { status, json } = await post(untouched, { headers: { "Content-Length": String(2 ** 30) } });
  assert.deepEqual([status, json.code], [413, "body-too-large"]);
});

Deno.test("a body of another content type, or of none, is refused", async () => {
  const types = [
    "",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "text/json,application/json",
  ];
  for (const type of types) {
    const { status, json, headers } = await post(new TextEncoder().encode("{}"), { type });
    assert.deepEqual([status, json.code], [415, "unsupported-media-type"], type);
    assert.equal(headers.get("accept"), "application/json");
  }
});

Deno.test("a compressed body is refused, and told that identity is taken", async () => {
  const { status, headers } = await post("{}", { headers: { "Content-Encoding": "gzip" } });
  assert.deepEqual([status, headers.get("accept-encoding")], [415, "identity"]);
});

Deno.test("an empty body counts as none: fine where it is optional, never a 5xx", async () => {
  for (const type of ["", "application/json", "text/plain"]) {
    for (const body of ["", null]) {
      const optional = await post(body, { path: "/optional", type: body === null ? "" : type });
      assert.deepEqual([optional.status, optional.json], [200, {}], `${type} ${body}`);
      const required = await post(body, { type: body === null ? "" : type });
      assert.ok(required.status < 500, `${type} ${body}`);
    }
  }
});

Deno.test("GET passes without a body", async () => {
  assert.equal(await (await app().request("/")).text(), "ok");
});

Deno.test("JSON that is malformed, or no UTF-8, is told as such", async () => {
  const bodies = ["{", "[1,]", "{'a':1}", "NaN", "\u0000", new Uint8Array([0x22, 0xff, 0x22])];
  for (const body of bodies) {
    const { status, json } = await post(body);
    assert.deepEqual([status, json.code], [400, "malformed-body"], String(body));
  }
});

Deno.test("a byte order mark is no error", async () => {
  assert.equal((await post('\ufeff{"name":"a"}')).status, 200);
});

Deno.test("deep nesting costs nothing but a refusal or an answer", async () => {
  const depth = 400_000;
  const options = { maxBytes: 2 ** 20 };
  const deep = "[".repeat(depth) + "]".repeat(depth);
  assert.ok((await post(deep, { options })).status < 500);
  assert.ok((await post("[".repeat(depth), { options })).status < 500);
  assert.ok((await post(`{"nested":${"[".repeat(2000)}${"]".repeat(2000)}}`, { options })).status < 500);
});

Deno.test("names of the prototype and duplicate keys do no harm", async () => {
  const { status, json } = await post(
    '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"name":"a","name":"b"}',
  );
  assert.deepEqual([status, json], [200, { name: "b" }]);
  assert.equal(({} as Record<string, unknown>).admin, undefined);
});

/** A real connection, for what only a socket can do. */
async function withServer(options: BoundedBodyOptions, use: (url: URL) => Promise<void>) {
  const served = app(options);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => served.fetch(request),
  );
  try {
    await use(new URL(`http://127.0.0.1:${server.addr.port}/`));
  } finally {
    await server.shutdown();
  }
}

const HEAD = "POST /required HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

Deno.test("a body that stalls is given up with 408", async () => {
  await withServer({ idleMs: 20 }, async (url) => {
    using connection = await rawConnect(url);
    await connection.send(`${HEAD}Content-Length: 100\r\n\r\n{"name"`);
    const response = await connection.response();
    assert.equal(response?.status, 408);
    assert.equal(JSON.parse(new TextDecoder().decode(response!.body)).code, "body-stalled");
  });
});

Deno.test("a body that trickles longer than it may is given up with 408", async () => {
  let time = 0;
  await withServer({ totalMs: 100, now: () => time += 60 }, async (url) => {
    using connection = await rawConnect(url);
    await connection.send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    for (let i = 0; i < 3; i++) {
      await connection.send("1\r\n \r\n");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal((await connection.response())?.status, 408);
  });
});

Deno.test("a gigabyte of chunked JSON is refused after its first bytes", async () => {
  await withServer({}, async (url) => {
    using connection = await rawConnect(url);
    await connection.send(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const piece = " ".repeat(64 * 1024);
    await connection.send(`10000\r\n${piece}\r\n`);
    assert.equal((await connection.response())?.status, 413);
  });
});

Deno.test("a body cut short does not reach the handler, and the server answers the next request", async () => {
  await withServer({}, async (url) => {
    {
      using connection = await rawConnect(url);
      await connection.send(`${HEAD}Content-Length: 100\r\n\r\n{}`);
      await connection.halfClose();
      const response = await connection.response();
      assert.ok(response === null || response.status === 400, String(response?.status));
    }
    const next = await rawRequest(url, {
      lines: [...HEAD.trim().split("\r\n"), "Content-Length: 2"],
      body: "{}",
    });
    assert.equal(next?.status, 200);
  });
});
