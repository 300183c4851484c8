import assert from "node:assert/strict";
import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import fc from "fast-check";
import { Hono } from "hono";
import type { Env } from "../../routes/env.ts";
import { trustedProxies } from "../../routes/http/client_address.ts";
import { loggedPath } from "../../routes/http/logged_path.ts";
import { answerError } from "../../routes/problem_response.ts";
import { requestLog } from "../../routes/request_log.ts";
import { Problem } from "../../services/problem.ts";

const PEER = { remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port: 1 } as Deno.NetAddr };

/** Sends one request and returns the answer with everything that was logged meanwhile. */
async function ask(path: string, init: RequestInit = {}, env: Env["Bindings"] = PEER) {
  const records: LogRecord[] = [];
  configureSync({
    reset: true,
    sinks: { list: (record) => records.push(record) },
    loggers: [
      { category: ["pawl"], lowestLevel: "debug", sinks: ["list"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
    ],
  });
  const app = new Hono<Env>();
  let time = 0;
  app.use(requestLog({ trusted: trustedProxies(["192.0.2.0/24"]), now: () => time += 7 }));
  app.onError(answerError);
  app.get("/health/live", (c) => c.text("ok"));
  app.get("/d/:token", (c) => c.text("ok"));
  app.put("/x/*", (c) => {
    c.set("caller", { id: "alice", role: "user", name: "Alice" });
    return c.text(c.var.clientAddress);
  });
  app.get("/refused", () => {
    throw new Problem("forbidden", "No.");
  });
  app.get("/defect", () => {
    throw new TypeError("bug");
  });
  app.get("/text", () => {
    throw "not an error";
  });
  try {
    const response = await app.request(path, init, env);
    return { response, text: await response.text(), records };
  } finally {
    resetSync();
  }
}

const line = (records: LogRecord[]) =>
  records.filter((record) => record.rawMessage.toString().startsWith("{method}"))[0]!;

Deno.test("each request is one line with its facts, and the answer names the id of that line", async () => {
  const { response, text, records } = await ask("/x/a?token=secret", {
    method: "PUT",
    body: "12345",
    headers: { "Content-Length": "5", "X-Forwarded-For": "203.0.113.9", "X-Request-Id": "mine" },
  });
  assert.equal(records.length, 1);
  const { requestId, ...facts } = line(records).properties;
  assert.deepEqual(facts, {
    method: "PUT",
    path: "/x/a",
    status: 200,
    durationMs: 7,
    bytesIn: 5,
    client: "203.0.113.9",
    caller: "alice",
  });
  assert.equal(line(records).level, "info");
  assert.equal(text, "203.0.113.9");
  assert.match(String(requestId), /^[0-9a-f-]{36}$/);
  assert.equal(response.headers.get("x-request-id"), requestId);
});

Deno.test("a refusal is an info line, a defect an error with its cause; both answers carry the id", async () => {
  const refused = await ask("/refused");
  assert.deepEqual(refused.records.map((record) => record.level), ["info"]);
  assert.equal(JSON.parse(refused.text).instance, refused.response.headers.get("x-request-id"));
  for (const path of ["/defect", "/text"]) {
    const { response, text, records } = await ask(path);
    assert.equal(response.status, 500);
    assert.equal(JSON.parse(text).code, "internal");
    assert.equal(JSON.parse(text).instance, response.headers.get("x-request-id"));
    assert.deepEqual(records.map((record) => record.level), ["error", "error"]);
    assert.ok(records[0]!.properties.error instanceof Error);
  }
});

Deno.test("health checks are logged for debugging only", async () => {
  const { records } = await ask("/health/live");
  assert.equal(line(records).level, "debug");
});

Deno.test("nothing of the query, of headers or of an access token reaches a line", async () => {
  const { records } = await ask("/d/q0Jx8mVd3nT2?access_token=q0Jx8mVd3nT2", {
    headers: { Authorization: "Bearer q0Jx8mVd3nT2", Cookie: "s=q0Jx8mVd3nT2" },
  });
  assert.ok(!JSON.stringify(records).includes("q0Jx8mVd3nT2"));
  assert.equal(line(records).properties.path, "/d/***");
});

Deno.test("a length that is no number is not logged", async () => {
  for (const length of ["5, 5", "-1", "1e3", "9".repeat(400)]) {
    const { records } = await ask("/refused", { headers: { "Content-Length": length } });
    assert.equal(line(records).properties.bytesIn, null);
  }
});

Deno.test("without a connection the client is unknown", async () => {
  const { records } = await ask("/refused", {}, {});
  assert.equal(line(records).properties.client, "unknown");
});

Deno.test("a logged path is one short printable line, whatever was asked for", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => {
    const path = loggedPath("/" + text);
    assert.ok(!/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u.test(path));
    assert.ok(path.isWellFormed() && path.length < 4000);
  }));
  assert.equal(loggedPath("/a\r\nb\u202e"), "/a%0D%0Ab%E2%80%AE");
  assert.equal(loggedPath("//d//secret/x"), "//d//***/x");
});
