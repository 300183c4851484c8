import assert from "node:assert/strict";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";
import type { Env } from "../../routes/env.ts";
import { answerError, problemResponse, toProblem } from "../../routes/problem_response.ts";
import { Problem, type ProblemCode, PROBLEMS } from "../../services/problem.ts";

Deno.test("every code of the catalogue is rendered as a complete problem document", async () => {
  for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
    const response = problemResponse(new Problem(code, "What to do."), "id-1");
    assert.equal(response.status, PROBLEMS[code][0]);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.deepEqual(await response.json(), {
      type: `/docs/problems#${code}`,
      title: PROBLEMS[code][1],
      status: PROBLEMS[code][0],
      detail: "What to do.",
      code,
      instance: "id-1",
    });
  }
});

Deno.test("a problem brings its extra members and headers, and cannot overwrite the standard members", async () => {
  const response = problemResponse(
    new Problem("busy", "Wait.", {
      retryAfter: 1.2,
      extra: { missing: [{ offset: 0, size: 5 }], status: 200, code: "fine" },
      headers: { Allow: "GET" },
    }),
    "id-2",
  );
  assert.equal(response.headers.get("retry-after"), "2");
  assert.equal(response.headers.get("allow"), "GET");
  const body = await response.json();
  assert.deepEqual([body.status, body.code, body.missing], [503, "busy", [{ offset: 0, size: 5 }]]);
});

Deno.test("a 401 always names a scheme", async () => {
  const response = problemResponse(new Problem("unauthenticated", "Sign in."), "id");
  assert.equal(response.headers.get("www-authenticate"), "Bearer");
  await response.body?.cancel();
});

Deno.test("HEAD is answered with the headers of GET, the length too, and no body", async () => {
  const app = new Hono<Env>();
  app.get("/", () => {
    throw new Problem("not-found", "Nothing here — 没有.");
  });
  app.onError(answerError);
  const get = await app.request("/");
  const head = await app.request("/", { method: "HEAD" });
  assert.equal(head.status, 404);
  assert.equal(head.headers.get("content-length"), String((await get.arrayBuffer()).byteLength));
  assert.equal(await head.text(), "");
});

const withCode = (code: string, message = "x") => Object.assign(new Error(message), { code });

const SORTED: [name: string, thrown: unknown, code: ProblemCode][] = [
  ["no space", withCode("ENOSPC"), "disk-full"],
  ["quota", withCode("EDQUOT"), "disk-full"],
  ["full records", new TypeError("database or disk is full"), "disk-full"],
  ["full disk below another error", new Error("write failed", { cause: withCode("ENOSPC") }), "disk-full"],
  ["locked records", new TypeError("database is locked"), "busy"],
  ["process out of descriptors", new Error("Too many open files (os error 24)"), "busy"],
  ["system out of descriptors", withCode("ENFILE"), "busy"],
  ["read-only file system", withCode("EROFS"), "storage-unavailable"],
  [
    "client gone",
    new Deno.errors.BadResource("Cannot read body as underlying resource unavailable"),
    "body-incomplete",
  ],
  [
    "client gone, as other versions say it",
    new Deno.errors.BadResource("Cannot read request body as underlying resource unavailable"),
    "body-incomplete",
  ],
  ["file used after closing", new Deno.errors.BadResource("Bad resource ID"), "internal"],
  ["malformed percent", new URIError("URI malformed"), "invalid-request"],
  ["malformed JSON", new HTTPException(400, { message: "Malformed JSON in request body" }), "malformed-body"],
  ["wrong media type", new HTTPException(415), "unsupported-media-type"],
  ["unauthenticated", new HTTPException(401), "unauthenticated"],
  ["another refusal of the framework", new HTTPException(418 as 400), "invalid-request"],
  ["failure of the framework", new HTTPException(500), "internal"],
  [
    "framework failure because of the disk",
    new HTTPException(500, { cause: withCode("ENOSPC") }),
    "disk-full",
  ],
  ["refusal inside another error", new Error("x", { cause: new Problem("not-found", "No.") }), "not-found"],
  ["a defect", new TypeError("cannot read properties of undefined"), "internal"],
  ["something that is no error", "text", "internal"],
  ["nothing", undefined, "internal"],
];

for (const [name, thrown, code] of SORTED) {
  Deno.test(`thrown: ${name} -> ${code}`, () => {
    const problem = toProblem(thrown);
    assert.equal(problem.code, code);
    if (["busy", "disk-full", "storage-unavailable"].includes(code)) assert.ok(problem.retryAfter! > 0);
  });
}

Deno.test("an internal error tells nothing of what happened", async () => {
  const response = problemResponse(toProblem(new Error("secret /var/lib/path at line 3")), "id-3");
  const text = await response.text();
  assert.ok(!text.includes("secret") && !text.includes("/var/lib"));
  assert.ok(text.includes("id-3"));
});

Deno.test("an error that turns round to itself as its cause ends all the same", () => {
  const error = new Error("loop");
  error.cause = error;
  assert.equal(toProblem(error).code, "internal");
});

Deno.test("a validation error lists every wrong field", () => {
  const schema = z.strictObject({ size: z.number(), "a/b": z.string(), list: z.array(z.int()) });
  const result = schema.safeParse({ size: "1", "a/b": 2, list: [1.5], more: 1 });
  const problem = toProblem(result.error);
  assert.equal(problem.code, "invalid-request");
  const pointers = (problem.extra.errors as { pointer: string }[]).map((error) => error.pointer);
  assert.deepEqual(pointers.toSorted(), ["#/a~1b", "#/list/0", "#/more", "#/size"]);
  assert.match(problem.message, /size: /);
});

Deno.test("a validation error of a hostile body stays small", () => {
  const body: Record<string, number> = {};
  for (let i = 0; i < 10_000; i++) body["\ud800" + "x".repeat(500) + i] = i;
  const problem = toProblem(z.strictObject({}).safeParse(body).error);
  assert.ok(problem.message.length < 10_000, `${problem.message.length} characters`);
  assert.ok(JSON.stringify(problem.extra).length < 30_000);
});
