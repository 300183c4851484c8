import assert from "node:assert/strict";
import { cleanEnvironment } from "../support/environment.ts";
import { startCollector } from "../support/otlp_collector.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("with OpenTelemetry on, each request is a span with its route and id, joined with the log, and holds no secret", async () => {
  await using collector = startCollector();
  await using server = await startServer({
    env: {
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: "pawl",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      PAWL_LOG_FORMAT: "json",
    },
  });
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const put = await server.fetch("/api/v1/files/a.txt?visibility=private", {
    method: "PUT",
    body: "data",
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  });
  const { id } = await put.json();
  const requestId = put.headers.get("x-request-id");
  const span = await collector.span((span) => span.attributes["pawl.request_id"] === requestId);
  assert.deepEqual([span.name, span.traceId, span.parentSpanId], [
    "PUT /api/v1/files/{fileName}",
    traceId,
    "b7ad6b7169203331",
  ]);
  assert.equal(span.attributes["http.route"], "/api/v1/files/{fileName}");
  assert.equal(span.attributes["http.response.status_code"], "201");
  const line = await server.prints(new RegExp(`\\{[^\\n]*"requestId":"${requestId}"[^\\n]*\\}`));
  assert.equal(JSON.parse(line[0]).properties?.traceId ?? JSON.parse(line[0]).traceId, traceId);

  const made = await server.fetch(`/api/v1/attachments/${id}/tokens`, {
    method: "POST",
    body: "{}",
    headers: { "Content-Type": "application/json" },
  });
  const { token } = await made.json();
  const link = await server.fetch(`/d/${token}?access_token=${token}`, { user: null });
  assert.equal(await link.text(), "data");
  const download = await collector.span((span) => span.attributes["http.route"] === "/d/{token}");
  assert.equal(download.attributes["url.path"], "/d/***");

  const refused = await server.fetch("/api/v1/uploads", { user: null });
  await refused.body?.cancel();
  const refusal = await collector.span((span) => span.attributes["pawl.code"] !== undefined);
  assert.deepEqual([refusal.name, refusal.attributes["pawl.code"]], [
    "GET /api/v1/uploads",
    "unauthenticated",
  ]);

  // Ending, it exports what is left.
  assert.equal((await server.stop()).code, 0, server.output());
  const everything = collector.received();
  for (const secret of [token, server.secret, await server.token()]) assert.ok(!everything.includes(secret));
});

Deno.test("the command that makes a token exports nothing of it", async () => {
  await using collector = startCollector();
  await using dir = await tempDir();
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "tools/token.ts", "--user", "alice"],
    cwd: new URL("../../", import.meta.url),
    env: cleanEnvironment({
      PAWL_DATA_DIR: dir.path,
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    }),
    clearEnv: true,
  }).output();
  const token = new TextDecoder().decode(stdout).trim();
  assert.match(token, /^eyJ/);
  assert.ok(!collector.received().includes(token));
});
