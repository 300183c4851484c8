import assert from "node:assert/strict";
import { createRoute, z } from "@hono/zod-openapi";
import { apiApp, describe, problems, serveDescription } from "../../routes/openapi.ts";
import { answerError } from "../../routes/problem_response.ts";
import { startApp } from "../support/app.ts";
import { assertEveryRouteDescribed } from "../support/described_routes.ts";

const thingRoute = createRoute({
  method: "post",
  path: "/things/{id}",
  request: {
    params: z.object({ id: z.string().regex(/^[a-z]+$/, "must be lower-case letters") }),
    query: z.object({ limit: z.coerce.number().max(100).optional() }),
    body: {
      required: true,
      content: { "application/json": { schema: z.strictObject({ name: z.string(), size: z.int().min(0) }) } },
    },
  },
  responses: {
    200: { description: "ok", content: { "application/json": { schema: z.object({ name: z.string() }) } } },
    ...problems("invalid-request", "not-found", "upload-ended", "chunk-busy"),
  },
});

function app(publicUrl: URL | null = null) {
  const things = apiApp();
  things.openapi(thingRoute, (c) => c.json({ name: c.req.valid("json").name }, 200));
  const app = apiApp();
  app.onError(answerError);
  app.route("/api/v1", things);
  serveDescription(app, { version: "1.2.3", publicUrl });
  return app;
}

const post = (path: string, body: string) =>
  app().request(path, { method: "POST", body, headers: { "Content-Type": "application/json" } });

Deno.test("a valid request passes", async () => {
  const response = await post("/api/v1/things/abc", '{"name":"a","size":1}');
  assert.deepEqual(await response.json(), { name: "a" });
});

Deno.test("all wrong body fields are named at once", async () => {
  const response = await post("/api/v1/things/abc", '{"size":-1.5,"extra":1}');
  assert.equal(response.status, 400);
  const problem = await response.json();
  assert.equal(problem.code, "invalid-request");
  const pointers = problem.errors.map((error: { pointer: string }) => error.pointer);
  assert.deepEqual([...new Set(pointers)].toSorted(), ["#/extra", "#/name", "#/size"]);
});

Deno.test("a wrong address or query is named by its parameter", async () => {
  for (
    const [path, parameter] of [["/api/v1/things/A", "id"], ["/api/v1/things/a?limit=101", "limit"]] as const
  ) {
    const problem = await (await post(path, '{"name":"a","size":1}')).json();
    assert.equal(problem.code, "invalid-request");
    assert.equal(problem.errors[0].parameter, parameter);
  }
});

Deno.test("malformed JSON is told as such", async () => {
  for (const body of ["{", "", '{"name":"a"}}', "nul", "'a'"]) {
    const response = await post("/api/v1/things/abc", body);
    assert.equal((await response.json()).code, "malformed-body", body);
    assert.equal(response.status, 400);
  }
});

Deno.test("the description is OpenAPI 3.1 with routes, schemas, refusals by status, and both ways to sign in", async () => {
  const response = await app(new URL("https://files.example/")).request("/openapi.json");
  assert.match(response.headers.get("content-type")!, /^application\/json/);
  const document = await response.json();
  assert.equal(document.openapi, "3.1.0");
  assert.equal(document.info.version, "1.2.3");
  assert.deepEqual(document.servers, [{ url: "https://files.example" }]);
  assert.deepEqual(Object.keys(document.components.securitySchemes), ["bearer", "cookie"]);
  const { responses } = document.paths["/api/v1/things/{id}"].post;
  assert.deepEqual(Object.keys(responses), ["200", "400", "404", "409"]);
  assert.match(responses[409].description, /upload-ended.*chunk-busy/);
  assert.deepEqual(responses[404].content["application/problem+json"].schema, {
    $ref: "#/components/schemas/Problem",
  });
  assert.ok(document.components.schemas.Problem.properties.code.enum.includes("not-found"));
});

/** What `assertEveryRouteDescribed` compares. */
function facts(app: ReturnType<typeof apiApp>) {
  return { routes: app.routes, document: describe(app, { version: "0", publicUrl: null }) };
}

Deno.test("an answered route that is not described is found", () => {
  const incomplete = app();
  assertEveryRouteDescribed(facts(incomplete));
  incomplete.put("/api/v1/things/:id{[0-9]+}/bytes", (c) => c.body(null));
  assert.throws(() => assertEveryRouteDescribed(facts(incomplete)), /PUT \/api\/v1\/things\/\{id\}\/bytes/);
});

Deno.test("a described route that nobody answers is found", () => {
  const app = apiApp();
  app.openAPIRegistry.registerPath({ method: "get", path: "/api/ghost", responses: {} });
  assert.throws(() => assertEveryRouteDescribed(facts(app)), /GET \/api\/ghost/);
});

Deno.test("every route of the whole application is described", async () => {
  await using whole = await startApp();
  const response = await whole.request("/openapi.json", { user: null });
  assertEveryRouteDescribed({ routes: whole.routes(), document: await response.json() });
});
