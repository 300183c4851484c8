/** The description of the whole application; that it names every route is in `openapi_test.ts`. */
import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { startApp } from "../support/app.ts";

// deno-lint-ignore no-explicit-any -- the document is looked at as plain JSON
type Json = any;

async function fetchDocument(
  env: Record<string, string> = {},
): Promise<{ document: Json; headers: Headers }> {
  await using app = await startApp({ env });
  const response = await app.request("/openapi.json", { user: null });
  assert.equal(response.status, 200);
  return { document: await response.json(), headers: response.headers };
}

const { document, headers } = await fetchDocument();

const operations: { name: string; path: string; operation: Json }[] = Object.entries<Json>(document.paths)
  .flatMap(
    ([path, item]) =>
      Object.entries<Json>(item).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        path,
        operation,
      })),
  );

/** Every value below `value`, itself included. */
function* walk(value: Json): Generator<Json> {
  yield value;
  if (typeof value !== "object" || value === null) return;
  for (const member of Object.values(value)) yield* walk(member);
}

Deno.test("The description is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors, null, 1));
  const broken = structuredClone(document);
  broken.paths["/api/v1/ping"].get.responses = { 99: {} };
  assert.equal((await new Validator().validate(broken)).valid, false, "the validator finds mistakes");
});

Deno.test("Anybody may read it, and it is current each time", () => {
  assert.match(headers.get("content-type")!, /^application\/json/);
  assert.equal(headers.get("cache-control"), "no-cache");
});

Deno.test("It names the address that people use", async () => {
  assert.deepEqual(document.servers, [{ url: "/" }]);
  const { document: known } = await fetchDocument({ PAWL_PUBLIC_URL: "https://files.example" });
  assert.deepEqual(known.servers, [{ url: "https://files.example" }]);
});

Deno.test("Every reference leads to a schema, and every schema is used", () => {
  const used = new Set(
    [...walk(document)].map((value) => value?.$ref).filter((ref) => typeof ref === "string"),
  );
  const defined = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
  assert.deepEqual([...used].sort(), defined.sort());
  for (const name of ["Attachment", "Session", "BrowserSession", "Problem"]) {
    assert.ok(used.has(`#/components/schemas/${name}`), name);
  }
});

/** Old clients are refused in the words of their own servers. */
function refusalType(tag: string): string {
  if (tag === "Old clients: .NET") return "text/plain";
  return tag === "Old clients: Radish" ? "application/json" : "application/problem+json";
}

for (const { name, path, operation } of operations) {
  Deno.test(`${name} is told in words, with its parameters, successes and refusals`, () => {
    assert.ok(operation.summary.length > 10);
    assert.equal(operation.tags.length, 1);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const parameters: Json[] = operation.parameters ?? [];
    const described = parameters.filter((parameter) => parameter.in === "path");
    assert.deepEqual(described.map((parameter) => parameter.name).sort(), inPath.sort());
    assert.ok(described.every((parameter) => parameter.required === true));

    const statuses = Object.keys(operation.responses).map(Number);
    assert.ok(statuses.some((status) => status < 300));
    for (const [status, response] of Object.entries<Json>(operation.responses)) {
      assert.ok(response.description.length > 3, status);
      if (Number(status) < 400 || path.startsWith("/health")) continue;
      assert.deepEqual(Object.keys(response.content), [refusalType(operation.tags[0])], status);
      assert.match(response.description, /`[a-z-]+`/, status);
    }
    const open = operation.security !== undefined &&
      (operation.security.length === 0 ||
        operation.security.some((way: Json) => Object.keys(way).length === 0));
    const anonymous = [
      "GET /health/live",
      "GET /health/ready",
      "GET /api/Ping",
      "GET /api/v1/Attachment/GetById/{id}",
      "GET /api/v1/Attachment/GetByBusiness",
      "GET /api/v1/Attachment/Download/{id}",
      "GET /api/v1/Attachment/DownloadByToken",
      "GET /api/Upload/GetUploadStatus",
      "POST /api/Upload/UploadChunk",
      "POST /api/Upload/MergeChunks",
      "GET /uploads/completed/{fileName}",
      "GET /api/v1/ping",
      "DELETE /api/v1/session",
      "GET /api/v1/sign-in",
      "GET /api/v1/sign-in/issuer",
      "POST /api/v1/sign-in/issuer",
      "GET /api/v1/attachments/{id}",
      "GET /api/v1/attachments/{id}/content",
      "OPTIONS /files",
      "GET /files/{id}",
      "GET /api/v1/archives",
      "GET /d/{token}",
      "GET /downloads/",
      "GET /downloads/{path}",
    ];
    assert.equal(open, anonymous.includes(name), "who may call it without signing in");
    const refusesTokens = !open || path.includes("{id}") || /^\/(api\/Upload|uploads)\//.test(path) ||
      path.endsWith("/GetByBusiness") ||
      /^\/(api\/v1\/archives|downloads)/.test(path) ||
      name === "POST /api/v1/sign-in/issuer";
    assert.equal(statuses.includes(401), refusesTokens);
  });
}
