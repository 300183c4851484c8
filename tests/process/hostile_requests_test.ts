/** What strangers send to the real server, over real sockets: always a 4xx that helps, never a 5xx. */
import assert from "node:assert/strict";
import { rawConnect, rawRequest, type RawResponse } from "../support/raw_http.ts";
import { startServer, type TestServer } from "../support/server.ts";

const decode = (response: RawResponse) => new TextDecoder().decode(response.body);

/** Sends a head as `alice` with a right Host, unless `lines` bring another. */
async function send(
  server: TestServer,
  method: string,
  path: string,
  lines: string[] = [],
): Promise<RawResponse> {
  const token = await server.token({ sub: "alice" });
  const own = lines.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${server.url.host}`];
  const response = await rawRequest(server.url, {
    lines: [`${method} ${path} HTTP/1.1`, ...own, `Authorization: Bearer ${token}`, ...lines],
    head: method === "HEAD",
  });
  assert.ok(response, `${method} ${path}: no answer`);
  return response;
}

function assertProblem(response: RawResponse, about: string): void {
  assert.ok(
    response.status >= 400 && response.status < 500,
    `${about}: ${response.status} ${decode(response)}`,
  );
  assert.equal(response.headers.get("content-type"), "application/problem+json", about);
  const problem = JSON.parse(decode(response));
  assert.equal(problem.status, response.status);
  assert.ok(problem.title && problem.detail && problem.code && problem.type.endsWith(`#${problem.code}`));
  assert.equal(problem.instance, response.headers.get("x-request-id"), about);
  assert.ok(!/\bat .*\.ts:|node_modules|\/work|\/root|\/home/.test(decode(response)), about);
}

const PATHS = [
  "/api/v1/uploads/..%2f..%2fetc%2fpasswd",
  "/api/v1/uploads/%00",
  "/api/v1/uploads/%zz",
  "/api/v1/uploads/%ff%fe",
  "/api/v1/uploads/%ed%a0%80",
  "/api/v1/uploads/__proto__",
  "/api/v1/uploads/constructor/chunks",
  "/api/v1/uploads/" + "a".repeat(30_000),
  "/api/v1/attachments/99999999999999999999999999",
  "/api/v1/attachments/-1",
  "/api/v1/attachments/1e5/content",
  "/api/v1/attachments/%F0%9F%8E%88/content",
  "/api/v1/attachments?limit=1e9",
  "/api/v1/attachments?limit=-1",
  "/api/v1/attachments?cursor=%00%ff",
  "/api/v1/attachments?cursor=" + "x".repeat(30_000),
  "/api/v1/attachments?sort=__proto__",
  "//api//v1//uploads",
  "/api/v1/../../etc/passwd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/docs/..%2f..%2fdeno.json/x",
  "/api/v1",
];

Deno.test("the real server answers whatever strangers send", async (t) => {
  await using server = await startServer();

  await t.step("hostile paths and queries are problems", async () => {
    for (const path of PATHS) assertProblem(await send(server, "GET", path), path.slice(0, 60));
  });

  await t.step("wrong and unknown methods are 405 with Allow where the path is known", async () => {
    for (const method of ["PATCH", "FOO", "TRACE", "PROPFIND", "QUERY", "get"]) {
      const response = await send(server, method, "/api/v1/uploads");
      assertProblem(response, method);
      assert.equal(response.status, 405, method);
      assert.match(response.headers.get("allow")!, /\bGET\b.*\bHEAD\b.*\bPOST\b/, method);
    }
    assertProblem(await send(server, "FOO", "/nothing"), "FOO /nothing");
  });

  await t.step("HEAD of a refusal has the length of GET's body and no body", async () => {
    const get = await send(server, "GET", "/api/v1/nothing");
    const head = await send(server, "HEAD", "/api/v1/nothing");
    assert.equal(head.status, 404);
    assert.equal(head.headers.get("content-length"), String(get.body.length));
  });

  await t.step("OPTIONS of a known path tells what is allowed", async () => {
    const response = await send(server, "OPTIONS", "/api/v1/ping");
    assert.deepEqual([response.status, response.headers.get("allow")], [204, "GET, HEAD, OPTIONS"]);
  });

  await t.step("a Host that would change the path is refused before routing", async () => {
    for (const host of ["127.0.0.1/api/v1/ping?", "evil.example", "%", "a b", "127.0.0.1:99999", "[::1"]) {
      const response = await send(server, "GET", "/", [`Host: ${host}`]);
      assert.ok(response.status >= 400 && response.status < 500, `${host}: ${response.status}`);
    }
  });

  await t.step("joined and malformed header values are refused or ignored, never a 5xx", async () => {
    const hostile = [
      ["Content-Length: 5", "Content-Length: 5"],
      ["Content-Length: -1"],
      ["Transfer-Encoding: chunked", "Content-Length: 3"],
      ["Range: bytes=" + "0-1,".repeat(5000)],
      ["If-None-Match: " + '"'.repeat(1000)],
      ["Authorization: Bearer"],
      ["Cookie: " + "a=b; ".repeat(2000)],
      ["X-Forwarded-For: ,,,999.1.1.1, ::%"],
      ["Origin: null"],
      ["Sec-Fetch-Site: cross-site"],
      ["Accept: " + "*/*,".repeat(5000)],
      ["Expect: 200-maybe"],
    ];
    for (const lines of hostile) {
      for (const path of ["/api/v1/uploads", "/api/v1/attachments/1/content", "/health/ready"]) {
        const { status } = await send(server, "GET", path, lines);
        assert.ok(status < 500, `${lines[0]!.slice(0, 40)} ${path}: ${status}`);
      }
    }
  });

  await t.step("hostile JSON bodies are problems", async () => {
    const bodies = [
      "",
      "null",
      "[]",
      "{",
      '{"fileName":',
      "[".repeat(300_000),
      '{"fileName":"a","size":1e999}',
      '{"fileName":"a","size":-0.5}',
      '{"fileName":"a","size":9007199254740993}',
      '{"fileName":"a","size":"5"}',
      '{"fileName":["a"],"size":5}',
      '{"fileName":"..","size":5}',
      '{"fileName":"\\ud800","size":5}',
      '{"fileName":"a\\u0000b","size":5}',
      '{"__proto__":{"size":5},"fileName":"a"}',
      '{"fileName":"a","size":5,"sha256":"xyz"}',
      '{"fileName":"a","size":5,"businessType":"constructor"}',
      '{"fileName":"' + "x".repeat(1_100_000) + '","size":5}',
    ];
    for (const body of bodies) {
      const token = await server.token({ sub: "alice" });
      const response = await rawRequest(server.url, {
        lines: [
          "POST /api/v1/uploads HTTP/1.1",
          `Host: ${server.url.host}`,
          `Authorization: Bearer ${token}`,
          "Content-Type: application/json",
          `Content-Length: ${body.length}`,
        ],
        body,
      });
      const about = `${body.slice(0, 60)}`;
      assert.ok(response, about);
      // A name may be cleaned instead of refused.
      if (response.status !== 201) assertProblem(response, about);
    }
  });

  await t.step("a gigabyte announced as JSON is refused before it is sent", async () => {
    using connection = await rawConnect(server.url);
    await connection.send(
      `POST /api/v1/uploads HTTP/1.1\r\nHost: ${server.url.host}\r\n` +
        `Authorization: Bearer ${await server.token()}\r\n` +
        "Content-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n",
    );
    const response = await connection.response();
    assert.equal(response?.status, 413);
    assertProblem(response, "1 GiB");
  });

  await t.step("afterwards it is well, and its log holds no token, no query and no forged line", async () => {
    const ready = await server.fetch("/health/ready");
    assert.equal(ready.status, 200, await ready.text());
    await server.fetch("/api/v1/nothing%0d%0aINF%20forged?secret=hidden-in-query").then((r) =>
      r.body?.cancel()
    );
    await server.prints(/forged/);
    const log = server.output();
    assert.ok(!/hidden-in-query|eyJ[\w-]{10,}\./.test(log));
    assert.ok(!/"status":5\d\d/.test(log), log.split("\n").find((line) => /"status":5/.test(line)));
    const lines = log.split("\n").filter((line) => line.includes("forged"));
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /^\{.*%0D%0AINF/);
  });
});
