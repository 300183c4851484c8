import assert from "node:assert/strict";
import { Hono } from "hono";
import type { Env } from "../../routes/env.ts";
import { methodNotAllowed } from "../../routes/method_not_allowed.ts";

function app() {
  const app = new Hono<Env>();
  app.use("*", async (c, next) => {
    c.set("requestId", "id");
    await next();
  });
  app.use("/api/*", async (_c, next) => await next());
  const sub = new Hono<Env>();
  sub.get("/things/:id", (c) => c.req.param("id") === "1" ? c.text("one") : c.notFound());
  sub.delete("/things/:id", (c) => c.body(null, 204));
  sub.put("/things/:id/chunks/:offset{[0-9]+}", (c) => c.text("ok"));
  sub.post("/things", (c) => c.text("made"));
  app.route("/api", sub);
  app.options("/tus", (c) => c.body(null, 204, { "Tus-Version": "1.0.0" }));
  app.post("/tus", (c) => c.body(null, 201));
  app.notFound(methodNotAllowed(app));
  return app;
}

const MATRIX: [method: string, path: string, status: number, allow: string | null][] = [
  ["GET", "/api/things/1", 200, null],
  ["HEAD", "/api/things/1", 200, null],
  ["GET", "/api/things/2", 404, null],
  ["HEAD", "/api/things/2", 404, null],
  ["POST", "/api/things/1", 405, "DELETE, GET, HEAD, OPTIONS"],
  ["FOO", "/api/things/1", 405, "DELETE, GET, HEAD, OPTIONS"],
  ["GET", "/api/things", 405, "OPTIONS, POST"],
  ["HEAD", "/api/things", 405, "OPTIONS, POST"],
  ["PATCH", "/api/things/1/chunks/5", 405, "OPTIONS, PUT"],
  ["PATCH", "/api/things/1/chunks/x", 404, null],
  ["OPTIONS", "/api/things/1", 204, "DELETE, GET, HEAD, OPTIONS"],
  ["OPTIONS", "/api/things", 204, "OPTIONS, POST"],
  ["OPTIONS", "/tus", 204, null],
  ["GET", "/tus", 405, "OPTIONS, POST"],
  ["GET", "/api/none", 404, null],
  ["OPTIONS", "/api/none", 404, null],
  ["DELETE", "/", 404, null],
  ["GET", "/api/things/%zz/more", 404, null],
];

for (const [method, path, status, allow] of MATRIX) {
  Deno.test(`${method} ${path} -> ${status}${allow ? ` Allow: ${allow}` : ""}`, async () => {
    const response = await app().request(path, { method });
    assert.equal(response.status, status);
    assert.equal(response.headers.get("allow"), allow);
    const text = await response.text();
    if (status >= 400 && method !== "HEAD") {
      assert.equal(JSON.parse(text).code, status === 405 ? "method-not-allowed" : "not-found");
    }
  });
}
