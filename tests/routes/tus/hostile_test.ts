import assert from "node:assert/strict";
import fc from "fast-check";
import { startApp } from "../../support/app.ts";
import { assertConsistent } from "../../support/store_check.ts";
import { metadata, OFFSET_BYTES } from "../../support/tus.ts";

const BYTES = new TextEncoder().encode("hello world");

const NUMBERS = ["0", "5", "11", "12", "-1", "1e3", "9007199254740991", "99999999999999999999", ""];

/** Headers that may take the place of right ones; `LIST` stands for uploads that were made before. */
const MUTATIONS: [name: string, values: string[]][] = [
  ["Tus-Resumable", ["0.1", ""]],
  ["X-HTTP-Method-Override", ["PATCH", "HEAD", "DELETE", "TRACE", "x y"]],
  ["Upload-Length", NUMBERS],
  ["Upload-Offset", NUMBERS],
  ["Upload-Defer-Length", ["1", "2"]],
  ["Upload-Concat", ["partial", "partial", "LIST", "LIST", "final;", "x"]],
  ["Upload-Checksum", ["sha1 AAAA", "crc32 DUoRhQ==", "md5", "x y z"]],
  ["Upload-Metadata", [
    metadata({ filename: "a.txt" }),
    metadata({ filename: "../..", businessType: "Document" }),
    metadata({ sha256: "0".repeat(64), fingerprint: "f" }),
    metadata({ filetype: "image/png", businessId: "b".repeat(300) }),
    "a,b,c ,d YQ==",
    ", ,",
  ]],
  ["Content-Type", ["text/plain", ""]],
];
const mutation = fc.constantFrom(...MUTATIONS).chain(([name, values]) =>
  fc.tuple(fc.constant(name), fc.constantFrom(...values))
);

const request = fc.record({
  method: fc.constantFrom(
    "POST",
    "POST",
    "POST",
    "PATCH",
    "PATCH",
    "PATCH",
    "HEAD",
    "DELETE",
    "OPTIONS",
    "GET",
    "PUT",
  ),
  target: fc.nat(30),
  offset: fc.constantFrom("0", "5", "11"),
  mutations: fc.array(mutation, { maxLength: 2, size: "max" }),
  body: fc.constantFrom(0, 0, 5, 6, 11, 12),
  declared: fc.boolean(),
});

/** What a right client would send. */
function right(method: string, offset: string): Record<string, string> {
  const always = { "Tus-Resumable": "1.0.0", "Content-Type": OFFSET_BYTES };
  if (method === "POST") return { ...always, "Upload-Length": "11" };
  return method === "PATCH" ? { ...always, "Upload-Offset": offset } : always;
}

Deno.test("whatever a tus client sends, it is never told of a failure of the server, and records stay in order", async () => {
  await using app = await startApp();
  const paths: string[] = ["/files/AAAAAAAAAAAAAAAAAAAAAA", "/files/%00", "/files/no-id"];
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(request, async ({ method, target, offset, mutations, body, declared }) => {
      const path = method === "POST" ? "/files" : paths[Math.max(0, paths.length - 1 - target)]!;
      const bytes = new Uint8Array([...BYTES, 33]).slice(0, body);
      const hasBody = body > 0 && !["GET", "HEAD"].includes(method);
      const headers = new Headers({ ...right(method, offset), ...Object.fromEntries(mutations) });
      if (headers.get("Upload-Concat") === "LIST") {
        headers.set("Upload-Concat", "final;" + paths.slice(-1 - target % 3).join(" "));
        if (target % 2 === 0) headers.delete("Upload-Length");
      }
      if (hasBody && declared) headers.set("Content-Length", `${body}`);
      const response = await app.request(path, { method, headers, ...(hasBody ? { body: bytes } : {}) });
      const text = await response.text();
      seen.add(response.status);
      assert.ok(response.status < 500, `${response.status} ${text}`);
      if (response.status === 201) paths.push(response.headers.get("Location")!);
      if (response.status >= 400 && text !== "") assert.match(JSON.parse(text).code, /^[a-z-]+$/);
    }),
    { numRuns: 1200 },
  );
  await assertConsistent(app);
  for (const status of [200, 201, 204, 400, 404, 409, 412, 413, 415]) {
    assert.ok(seen.has(status), `no ${status} among ${[...seen]}`);
  }
});
